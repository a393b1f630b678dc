// Where the stage is: the same flags, the same refusals and the same quoting at every command that takes them.
import { afterAll, describe, expect, test } from 'vitest';
import { placeArgs } from '../../src/place.ts';
import { checkCommand } from '../../src/vpn/check-command.ts';
import { project, runLivectl } from './livectl-process.ts';

const { root, remove } = project({});
afterAll(remove);

const commands = [
  ['serve', []],
  ['invoke', ['hello']],
  ['trigger', ['sns', 'hello']],
  ['status', []],
  ['vpn', []],
] as const;

describe.each(commands)('livectl %s', (command, words) => {
  test('refuses a name that no stage can have', async () => {
    const { code, stderr } = await runLivectl([command, ...words, '--stage', 'a b']);
    expect(stderr).toBe(
      `livectl ${command}: "a b" is not a valid stage name (1 to 64 of A-Z a-z 0-9 _ . -)\n  livectl ${command} --help shows examples\n`,
    );
    expect(code).toBe(2);
  });

  test('describes its flags as the others do', async () => {
    const { stdout } = await runLivectl([command, '--help']);
    const where = stdout.slice(stdout.indexOf('\nWhere\n')).replace(/\s+/g, ' ');
    for (const flag of [
      '--stage NAME The stage on AWS: the module’s `stage` --',
      '--name PREFIX Prefix of the stage’s table: the module’s `name`; default live-debug --',
      '--profile NAME AWS profile; default AWS_PROFILE --',
      '--verbose Also show livectl’s stack traces',
    ])
      expect(where).toContain(flag);
  });
});

describe.each(commands.slice(0, 3))('livectl %s', (command, words) => {
  test.each([
    [['--local', '--stage', 'dev-tom', '--root', root], '--local and --stage cannot be combined'],
    [['--root', root], 'pass --stage NAME (AWS) or --local'],
  ])('refuses %j', async (flags, message) => {
    const { code, stderr } = await runLivectl([command, ...words, ...flags]);
    expect(stderr).toBe(`livectl ${command}: ${message}\n  livectl ${command} --help shows examples\n`);
    expect(code).toBe(2);
  });
});

const stage = {
  kind: 'stage',
  stage: 'dev-tom',
  name: 'live-debug',
  profile: undefined,
  region: undefined,
} as const;

test('a place as flags, without what is so by default', () => {
  expect(placeArgs(stage)).toEqual(['--stage', 'dev-tom']);
  expect(placeArgs({ ...stage, name: 'team', profile: 'dev', region: 'eu-west-1' })).toEqual([
    '--stage',
    'dev-tom',
    '--name',
    'team',
    '--profile',
    'dev',
    '--region',
    'eu-west-1',
  ]);
  expect(placeArgs({ kind: 'local', root: '.', config: undefined })).toEqual(['--local']);
  expect(placeArgs({ kind: 'local', root: 'api', config: 'a.json' })).toEqual([
    '--local',
    '--root',
    'api',
    '--config',
    'a.json',
  ]);
});

test('the command that checks endpoints is one to copy', () => {
  expect(checkCommand({ ...stage, profile: "tom's own" })).toBe(
    "livectl vpn --check --stage dev-tom --profile 'tom'\\''s own'",
  );
  expect(checkCommand({ kind: 'local', root: 'my api', config: undefined })).toBe(
    "livectl vpn --check --root 'my api'",
  );
});

test('livectl --help lists the commands without their flags', async () => {
  const { code, stdout } = await runLivectl(['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {2}invoke +Run a function with one event/m);
  expect(stdout).toMatch(/^ {2}serve +Answer every invocation/m);
  expect(stdout).not.toContain('--profile');
});
