// The scripts of `livectl completion` in the real shells, with the built livectl.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../e2e/livectl-process.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  mkdirSync(join(folder, 'bin'));
  const program = join(folder, 'bin', 'livectl');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${repository}/dist/livectl.mjs" "$@"\n`);
  chmodSync(program, 0o755);
  const functions = {
    orders: { triggers: { http: {} } },
    worker: { triggers: { sqs: {} } },
    // Nothing of a file may run, or end the line, in whoever's shell completes.
    '$(touch pwned)': {},
    '`touch pwned`': {},
    "x'; touch pwned; '": {},
    'a\nb': {},
  };
  writeFileSync(join(folder, 'livectl.json'), JSON.stringify({ functions }));
  writeFileSync(join(folder, 'dev.tfvars'), 'stage = "dev-tom"\n');
  writeFileSync(join(folder, 'an event.json'), '{}');
  mkdirSync(join(folder, 'events'));
  writeFileSync(join(folder, 'events', 'order.json'), '{}');
  mkdirSync(join(folder, 'hostile'));
  writeFileSync(join(folder, 'hostile', '$(touch pwned)'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** With livectl on the PATH. */
function environment(): NodeJS.ProcessEnv {
  const PATH = `${join(folder, 'bin')}${delimiter}${process.env.PATH}`;
  return { ...process.env, PATH, HOME: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_RUNTIME_DIR: '' };
}

/** Runs a shell's script; resolves with the lines of stdout. Nothing may be on stderr. */
async function lines(shell: string, ...args: string[]): Promise<string[]> {
  const env = environment();
  const { stderr, stdout } = await promisify(execFile)(shell, args, { cwd: folder, env, timeout: 25_000 });
  expect(stderr).toBe('');
  expect(existsSync(join(folder, 'pwned'))).toBe(false);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Fails under CI, where every shell must be there. */
function needs(shell: string): { readonly skip: boolean } {
  const isMissing = spawnSync(shell, ['--version']).status !== 0;
  if (isMissing && process.env.CI) throw new Error(`${shell} is not on the PATH`);
  return { skip: isMissing };
}

/** A line that is typed up to a tab, and the end of the line that it becomes. */
type Typed = readonly [typed: string, becomes: string];

/** What every shell makes of a line; where they differ, after it. */
const everywhere: readonly Typed[] = [
  ['livectl help vp', 'livectl help vpn '],
  ['X=1 livectl serve --lo', 'serve --local '],
  ['livectl serve --format=j', 'serve --format=json '],
  ['livectl trigger sqs wo', 'trigger sqs worker '],
  // Within quotes that are open.
  ['livectl invoke "or', 'livectl invoke "orders" '],
  // Files, with their spaces.
  ['livectl serve --config an', '--config an\\ event.json '],
  ['livectl invoke orders --event=an', '--event=an\\ event.json '],
  ['livectl invoke orders --event "an', '--event "an event.json" '],
  ['livectl invoke orders "--event=an', '"--event=an event.json" '],
  ['livectl serve --env=orders:@events/', '--env=orders:@events/order.json '],
  ['livectl trigger sqs worker --body @ev', '--body @events/'],
  ['livectl invoke orders --event=hostile/', '--event=hostile/\\$\\(touch\\ pwned\\) '],
  ['livectl invoke orders "--event=hostile/', '"--event=hostile/\\$(touch pwned)" '],
];

const ptyRun = join(repository, 'cli/test/e2e/pty-run.py');

/** Types each line with a tab after it at the prompt of an interactive shell, which `setUp` prepares; it ends with `exit`. */
async function type(shell: readonly string[], setUp: string, lines: readonly Typed[]): Promise<void> {
  const steps = [
    `type ${setUp}; echo REA""DY`,
    'wait READY',
    ...lines.flatMap(([typed, becomes]) => [`key ${typed}\t`, `wait ${becomes}`, 'ctrl U']),
    'type echo COM""PLETED; exit',
  ];
  const env = { ...environment(), TERM: 'dumb', PS1: '$ ' };
  const child = promisify(execFile)('python3', [ptyRun, ...shell], { cwd: folder, env, timeout: 25_000 });
  child.child.stdin?.end(steps.join('\n'));
  const { stdout } = await child;
  expect(stdout).toMatch(/\nCOMPLETED\r\n/);
  expect(existsSync(join(folder, 'pwned'))).toBe(false);
}

describe('bash', needs('bash'), () => {
  const bash = ['bash', '--norc', '--noprofile', '-i'];
  const setUp =
    'bind "set bell-style none"; bind "set show-all-if-ambiguous on"; eval "$(livectl completion bash)"';

  it('completes at the prompt', async () => {
    await type(bash, setUp, [
      ...everywhere,
      // bash replaces what follows "=", which is nothing yet.
      ['livectl serve --format=', 'json    pretty'],
      ['livectl invoke ', 'orders  worker'],
      ['livectl serve --format="j', 'serve --format="json" '],
      ['livectl serve --env @ev', '--env @events/'],
    ]);
  });

  it('completes where words do not end at "=" and "@"', async () => {
    await type(bash, `COMP_WORDBREAKS=' '; ${setUp}`, [
      ['livectl serve --format=j', '--format=json '],
      ['livectl invoke orders --event=ev', '--event=events/'],
      ['livectl serve --env orders:@events/', '--env orders:@events/order.json '],
    ]);
  });

  it('has a script without what bash 3.2 lacks', async () => {
    const script = (await lines('bash', '-c', 'livectl completion bash')).join('\n');
    expect(script).not.toMatch(
      /mapfile|readarray|declare -[Ag]|local -n|\$\{\w+[,^]|&>>|\|&|COMP_TYPE|\[\[ -v/,
    );
    // compopt is of bash 4; without it the function ends before the first use.
    const [before = '', after = ''] = script.split('type compopt > /dev/null 2>&1 || return 0\n');
    expect(before).not.toContain('compopt');
    expect(after).toContain('compopt');
    // As bash 3.2 calls it: words are not split at "=".
    const call = `eval "$(livectl completion bash)"; enable -n compopt
      COMP_LINE='livectl serve --format=j'; COMP_POINT=24; COMP_WORDS=(livectl serve --format=j); COMP_CWORD=2
      _livectl livectl j serve; printf '%s\n' "\${COMPREPLY[@]}"`;
    expect(await lines('bash', '--norc', '-c', call)).toEqual(['json']);
  });
});

describe('fish', needs('fish'), () => {
  const fish = (line: string) =>
    lines('fish', '--no-config', '-c', `livectl completion fish | source; complete -C '${line}'`);

  it('completes with descriptions, and files where a path is wanted', async () => {
    expect(await fish('livectl stat')).toEqual([expect.stringMatching(/^status\tShow who serves/)]);
    expect(await fish('livectl invoke o')).toEqual(['orders']);
    expect(await fish('livectl invoke "o')).toEqual(['orders']);
    expect(await fish('livectl serve --format=j')).toEqual(['--format=json']);
    expect(await fish('livectl serve --config an')).toEqual(['an event.json']);
    expect(await fish('livectl invoke orders --event=an')).toEqual(['--event=an event.json']);
    expect(await fish('livectl invoke orders --event "an e')).toEqual(['an event.json']);
    expect(await fish('livectl invoke orders --event=hostile/')).toEqual(['--event=hostile/$(touch pwned)']);
    expect(await fish('livectl serve --env orders:@events/')).toEqual(['orders:@events/order.json']);
  });
});

describe('zsh', needs('zsh'), () => {
  it('completes at the prompt', async () => {
    const setUp =
      'unsetopt zle_bracketed_paste beep; autoload -Uz compinit; compinit -u -D; eval "$(livectl completion zsh)"';
    await type(['zsh', '-f', '-i'], setUp, [
      ...everywhere,
      ['livectl serve --format=', '--format=pretty  --format=json'],
      ['livectl invoke ', 'orders  worker'],
    ]);
  });
});
