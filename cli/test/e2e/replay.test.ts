// `livectl replay` without a running serve: recordings of a folder run again on workers of its own.
import { chmodSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openRecordings } from '../../src/recordings/recordings-folder.ts';
import { isAlive } from '../worker/pool-harness.ts';
import { Livectl, project, type Ran, repository, runLivectl } from './livectl-process.ts';
import { record } from './recorded.ts';

const manifest = {
  functions: {
    node: { handler: 'node.handler', runtime: 'nodejs22.x', timeout: 2, environment: { GREETING: 'hi' } },
    python: { handler: 'app.handler', runtime: 'python3.13' },
    broken: { handler: 'broken.handler', runtime: 'nodejs22.x' },
  },
};
const nodeCode = `
export const handler = async (event, context) => {
  console.log('log of', event.say);
  if (event.fail) throw Object.assign(new Error(event.fail), { name: 'NotFound' });
  if (event.hang) await new Promise(() => setTimeout(() => {}, 60000));
  return {
    said: event.say, greeting: process.env.GREETING, key: process.env.AWS_ACCESS_KEY_ID ?? 'none',
    memory: context.memoryLimitInMB, arn: context.invokedFunctionArn, pid: process.pid,
  };
};`;
const pythonCode = `
def handler(event, context):
    print("python got", event["say"])
    return {"said": event["say"], "id": event.get("id")}
`;

let root: string;
let remove: () => void;
beforeAll(() => {
  ({ remove, root } = project({
    'livectl.json': JSON.stringify(manifest),
    'node.mjs': nodeCode,
    'app.py': pythonCode,
    'broken.mjs': 'export const handler = () => {',
  }));
});
afterAll(() => remove());

function replay(...args: string[]): Promise<Ran> {
  return runLivectl(['replay', ...args, '--root', root], { env: { XDG_STATE_HOME: join(root, 'state') } });
}

/** A folder of its own. */
function ownProject(code: string) {
  const own = project({ 'livectl.json': JSON.stringify(manifest), 'node.mjs': code });
  onTestFinished(own.remove);
  return own.root;
}

describe('replay', () => {
  it('runs the last recording with the current code: result to stdout, log to stderr', async () => {
    await record(root, { function: 'python', event: { say: 'earlier' } });
    const { id, key } = await record(root, { function: 'node', event: { say: 'last' } });
    await record(root, { function: 'node', event: { say: 'a replay' }, summary: { replay_of: key } });
    const { code, stderr, stdout } = await replay();
    expect(JSON.parse(stdout)).toMatchObject({
      said: 'last',
      greeting: 'hi',
      key: 'none',
      memory: '128',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:node',
    });
    expect(stderr).toMatch(/→ node invoke \(replay\)\n.*log of last\n.*← node ok .*\n$/);
    expect(stderr).not.toContain('AWS');
    expect(code).toBe(0);
    const byId = await replay(id.slice(0, 13));
    expect(JSON.parse(byId.stdout)).toMatchObject({ said: 'last' });
    const ofFunction = await replay('last', '--function', 'python');
    expect(JSON.parse(ofFunction.stdout)).toEqual({ said: 'earlier', id: null });
    expect(ofFunction.stderr).toContain('python got earlier');
    const onOther = await replay(key, '--function', 'python', '--set', 'id=7');
    expect(JSON.parse(onOther.stdout)).toEqual({ said: 'last', id: 7 });
  });

  it('has the variables of .env, --env-file and --env, the last of these first', async () => {
    const own = ownProject(
      'export const handler = async () => [process.env.GREETING, process.env.DOT, process.env.FLAG].join();',
    );
    writeFileSync(join(own, '.env'), 'DOT=dot\nGREETING=dot');
    writeFileSync(join(own, 'test.env'), 'GREETING=file');
    await record(own, { function: 'node', event: {} });
    const flags = ['--env', 'node:FLAG=flag', '--env', `@${join(own, 'test.env')}`];
    const env = { XDG_STATE_HOME: join(own, 'state') };
    const { stdout } = await runLivectl(['replay', 'last', ...flags, '--root', own], { env });
    expect(JSON.parse(stdout)).toBe('file,dot,flag');
  });

  it('says once that a recording from AWS runs without its role, and which values are masked', async () => {
    const { key } = await record(root, {
      function: 'node',
      event: { say: '[masked]', headers: { authorization: '[masked]' } },
      summary: { masked: 2 },
      detail: {
        context: { arn: 'arn:aws:lambda:eu-west-1:123456789012:function:node' },
        masked_paths: ['/say', '/headers/authorization'],
      },
    });
    const { code, stderr, stdout } = await replay(key, '--set', 'say=me');
    expect(JSON.parse(stdout)).toMatchObject({ said: 'me', arn: expect.stringContaining(':123456789012:') });
    expect(stderr).toContain(
      '! the recording is from AWS; node runs here with the variables of livectl.json, without its role’s credentials\n',
    );
    expect(stderr).toContain(
      '! the code gets masked values, which are not recorded: /headers/authorization; --set gives others\n',
    );
    expect(stderr).toContain('(replay, edited)');
    expect(code).toBe(0);
  });

  it('exits with 1 and the error if the function fails, times out or does not build', async () => {
    const failing = await record(root, { function: 'node', event: { fail: 'no order' } });
    const failed = await replay(failing.key);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/NotFound: no order .*\n.*node\.mjs:4/);
    const hanging = await record(root, { function: 'node', event: { hang: true } });
    const hung = await replay(hanging.key);
    expect(hung).toMatchObject({ code: 1, stdout: '' });
    expect(hung.stderr).toContain('Task timed out after 2.00 seconds');
    const broken = await record(root, { function: 'broken', event: {} });
    const unbuilt = await replay(broken.key);
    expect(unbuilt).toMatchObject({ code: 1, stdout: '' });
    expect(unbuilt.stderr).toContain('broken.mjs:1');
  });

  it('gives programs one object', async () => {
    const { key } = await record(root, { function: 'node', event: { say: 'x' }, result: '{"said":"y"}' });
    const { code, stderr, stdout } = await replay(key, '--format', 'json', '--diff');
    const [object, ...others] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(others).toEqual([]);
    expect(object).toMatchObject({
      event: 'replay_result',
      replay_of: key,
      function: 'node',
      ok: true,
      payload: { said: 'x' },
      same: false,
      invocation: { trigger: 'invoke', logs: [{ level: 'info', message: 'log of x' }], result: { ok: true } },
    });
    expect(object.differences).toContainEqual({ path: ['said'], kind: 'changed', before: 'y', after: 'x' });
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  it.each<[string, string[], RegExp]>([
    ['an id that nothing has', ['zzz'], /no recording has the id "zzz"/],
    [
      'an id that is hostile',
      ['\u001b[2J../../etc/passwd'],
      /no recording has the id "\\u001b\[2J\.\.\/\.\.\/etc\/passwd"/,
    ],
    ['an empty id', [''], /the ID is empty/],
    ['a path without a value', ['--set', 'a'], /--set a: write it as PATH=VALUE/],
    ['a function without a recording', ['--function', 'none'], /nothing of the function none is recorded/],
    ['two ids', ['last', 'last'], /unexpected|Extraneous/i],
  ])('refuses %s', async (_, args, message) => {
    await record(root, { function: 'node', event: {} });
    const { code, stderr, stdout } = await replay(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('refuses an id that several recordings begin with, and names them', async () => {
    const first = await record(root, { function: 'node', event: {}, summary: { id: 'abcd-1' } });
    const second = await record(root, { function: 'node', event: {}, summary: { id: 'abcd-2' } });
    const { code, stderr } = await replay('abcd');
    expect(stderr).toContain(
      `several recordings begin with "abcd": ${second.key} (node, invoke), ${first.key}`,
    );
    expect(code).toBe(2);
    // Retries by Lambda share an id: the newest.
    await record(root, { function: 'node', event: { say: 'older' }, summary: { id: 'same-1' } });
    await record(root, { function: 'node', event: { say: 'newer' }, summary: { id: 'same-1' } });
    expect(JSON.parse((await replay('same')).stdout)).toMatchObject({ said: 'newer' });
  });

  it('refuses a function that is gone, and runs the event on another one', async () => {
    const { key } = await record(root, { function: 'gone', event: { say: 'x' } });
    const gone = await replay(key);
    expect(gone.stderr).toMatch(/gone/);
    expect(gone.code).toBe(2);
    expect((await replay(key, '--function', 'node')).code).toBe(0);
  });

  it('passes over a recording that was not written to its end', async () => {
    const whole = await record(root, { function: 'node', event: { say: 'whole' } });
    const torn = await record(root, { function: 'node', event: { say: 'torn' } });
    truncateSync(openRecordings(root).fileOf(torn.key), 200);
    expect(JSON.parse((await replay()).stdout)).toMatchObject({ said: 'whole' });
    expect((await replay(torn.key)).code).toBe(2);
    expect((await replay(whole.key)).code).toBe(0);
  });

  it('refuses a recording with only the start of its event', async () => {
    const { key } = await record(root, {
      function: 'node',
      event: '{"say":"x',
      summary: { event_cut: true },
    });
    const { code, stderr } = await replay(key);
    expect(stderr).toContain(
      `the recording ${key} has only the first 9 bytes of its event, so it cannot run again`,
    );
    expect(code).toBe(2);
  });
});

describe('replay --diff', () => {
  it('shows path, before and after, and exits with 1', async () => {
    const result = '{"said":"x","id":12345678901234567890,"gone":[1]}';
    const { key } = await record(root, { function: 'python', event: { say: 'x', id: 1 }, result });
    const event = '{"say":"x","id":12345678901234567891}';
    const exact = await record(root, { function: 'python', event, result });
    const { code, stderr, stdout } = await replay(key, '--diff');
    expect(stdout).toMatch(/^≠ 2 differences from the recording of \d\d:\d\d:\d\d\n/);
    expect(stdout).toContain('  - id: 12345678901234567890\n  + id: 1\n  - gone: [1]\n');
    expect(stderr).toContain('python got x');
    expect(code).toBe(1);
    expect((await replay(exact.key, '--diff')).stdout).toContain(
      '  - id: 12345678901234567890\n  + id: 12345678901234567891\n',
    );
  });

  it('exits with 0 if the answer is the same, also the same error', async () => {
    const same = await record(root, {
      function: 'python',
      event: { say: 'x' },
      result: '{"id":null,"said":"x"}',
    });
    const equal = await replay(same.key, '--diff');
    expect(equal.stdout).toMatch(/^= equal as JSON, though not byte for byte as the recording of/);
    expect(equal.code).toBe(0);
    const error = { name: 'NotFound', message: 'no order' };
    const failing = await record(root, {
      function: 'node',
      event: { fail: 'no order' },
      summary: { status: 'error', error },
      detail: { error },
    });
    const failed = await replay(failing.key, '--diff');
    expect(failed.stdout).toMatch(/^= the same as the recording of/);
    expect(failed.code).toBe(0);
  });

  it('takes an error in place of a result as a difference, and a result in place of an error', async () => {
    const { key } = await record(root, { function: 'node', event: { fail: 'no order' }, result: '{"a":1}' });
    const failed = await replay(key, '--diff');
    expect(failed.stdout).toContain(
      '  - result: {"a":1}\n  + error: {"name":"NotFound","message":"no order"}\n',
    );
    expect(failed.code).toBe(1);
  });

  it('masks what it compares as the recording is masked', async () => {
    const handler = 'export const handler = async () => ({ token: "tok-1234567890abcdef", n: 1 });';
    const own = ownProject(handler);
    await record(own, { function: 'node', event: {}, result: '{"token":"[masked]","n":1}' });
    const same = await runLivectl(['replay', '--diff', '--root', own]);
    expect(same.stdout).toMatch(/^= the same/);
    const plain = await runLivectl(['replay', '--root', own]);
    expect(JSON.parse(plain.stdout)).toEqual({ token: 'tok-1234567890abcdef', n: 1 });
  });

  it('runs nothing if there is no whole answer to compare with', async () => {
    const marker = join(root, 'has-run');
    const own = ownProject(`import { writeFileSync } from 'node:fs';
export const handler = async () => writeFileSync(${JSON.stringify(marker)}, '');`);
    const { key } = await record(own, {
      function: 'node',
      event: {},
      result: '{"a',
      summary: { result_cut: true },
    });
    const { code, stderr } = await runLivectl(['replay', '--diff', '--root', own]);
    expect(stderr).toContain(`the recording ${key} has only the first 3 bytes of its result`);
    expect(code).toBe(2);
    expect(existsSync(marker)).toBe(false);
  });
});

describe('replay --edit', () => {
  /** An editor that does to the file what the script says. */
  function editor(own: string, script: string): string {
    const file = join(own, 'my editor.sh');
    const path = join(own, 'editor.sh');
    for (const each of [file, path]) {
      writeFileSync(each, `#!/bin/sh\n${script}\n`);
      chmodSync(each, 0o755);
    }
    return path;
  }

  it('runs what was saved, from a private file that is gone afterwards', async () => {
    const own = ownProject(nodeCode);
    const seen = join(own, 'seen');
    await record(own, { function: 'node', event: '{"say":"`id`$(id)","n":12345678901234567890}' });
    const path = editor(
      own,
      `cat "$2" > ${seen}; stat -c %a "$2" >> ${seen}; echo "$2" >> ${seen}; echo '{"say":"edited"}' > "$2"`,
    );
    const { code, stderr, stdout } = await runLivectl(['replay', '--edit', '--root', own], {
      env: { VISUAL: `${path} --wait`, EDITOR: 'false' },
    });
    expect(stderr).toContain('(replay, edited)');
    expect(JSON.parse(stdout)).toMatchObject({ said: 'edited' });
    expect(code).toBe(0);
    const [json, mode, file] = [
      /^\{[^}]*\}/.exec(readFileSync(seen, 'utf8'))?.[0],
      ...readFileSync(seen, 'utf8').trimEnd().split('\n').slice(-2),
    ];
    expect(json).toBe('{\n  "say": "`id`$(id)",\n  "n": 12345678901234567890\n}');
    expect(mode).toBe('600');
    expect(existsSync(file ?? '')).toBe(false);
  });

  it.each<[string, string | undefined, RegExp]>([
    ['without an editor', undefined, /--edit needs an editor/],
    ['with one that does not exist', '/no/such/editor', /the editor \/no\/such\/editor cannot be started/],
    ['with one that fails', 'false', /the editor false ended with exit code 1; nothing was run/],
    ['if what was saved is not JSON', 'SCRIPT', /the edited event cannot be used: .*; nothing was run/],
  ])('runs nothing %s', async (_, command, message) => {
    const own = ownProject(nodeCode);
    await record(own, { function: 'node', event: { say: 'x' } });
    const EDITOR = command === 'SCRIPT' ? editor(own, 'echo "{" > "$1"') : (command ?? '');
    const { code, stderr, stdout } = await runLivectl(['replay', '--edit', '--root', own], {
      env: { EDITOR, VISUAL: '' },
    });
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('replay --watch', () => {
  it('runs the new code after each save, waits for one that builds, and leaves no process', async () => {
    const code = (what: string) =>
      `export const handler = async () => ({ what: ${what}, pid: process.pid });`;
    const own = ownProject(code('"one"'));
    await record(own, { function: 'node', event: {}, result: '{"what":"one"}' });
    const watching = new Livectl(['replay', '--watch', '--format', 'json', '--root', own]);
    onTestFinished(() => watching.dispose());
    const results = () =>
      watching.events.filter(({ event }) => String(event) === 'replay_result') as unknown as {
        payload: { what: string; pid: number };
      }[];
    const saw = async (what: string) => {
      const found = () => results().find(({ payload }) => payload.what === what);
      await watching.until(() => found() !== undefined, `a result ${what}`);
      return found()?.payload.pid ?? 0;
    };
    const pids = [await saw('one')];
    writeFileSync(join(own, 'node.mjs'), code('"two"'));
    pids.push(await saw('two'));
    writeFileSync(join(own, 'node.mjs'), code('}'));
    await watching.event('build_error');
    writeFileSync(join(own, 'node.mjs'), code('"three"'));
    pids.push(await saw('three'));
    expect(results().map(({ payload }) => payload.what)).toEqual(['one', 'two', 'three']);
    expect(await watching.stop()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(watching.leftBehind()).toEqual([]);
  });

  it('shows the differences of each run under a line that says what was saved', async () => {
    const own = ownProject('export const handler = async () => ({ n: 1 });');
    await record(own, { function: 'node', event: {}, result: '{"n":1}' });
    const watching = new Livectl(['replay', '--watch', '--diff', '--root', own]);
    onTestFinished(() => watching.dispose());
    await watching.until(() => watching.stdout.includes('= the same as the recording'), 'first run');
    writeFileSync(join(own, 'node.mjs'), 'export const handler = async () => ({ n: 2 });');
    await watching.until(() => watching.stdout.includes('  - n: 1\n  + n: 2\n'), 'second run');
    expect(await watching.stop()).toBe(0);
    expect(watching.stderr).toContain('── run 1 of node invoke (');
    expect(watching.stderr).toContain('── run 2 of node invoke after node.mjs (');
    expect(watching.stderr).toContain('runs again on the next save; Ctrl-C ends');
  });

  it('ends a run that hangs at Ctrl-C', async () => {
    const own = ownProject(
      `console.log(process.pid); export const handler = () => new Promise(() => setInterval(() => {}, 1000));`,
    );
    await record(own, { function: 'node', event: {} });
    const running = new Livectl(['replay', '--root', own]);
    onTestFinished(() => running.dispose());
    await new Promise<void>((resolve) =>
      running.child.stderr?.on('data', () => running.stderr.includes('→') && resolve()),
    );
    expect(await running.stop()).toBe(1);
    expect(running.leftBehind()).toEqual([]);
  });
});

it('is in the help', async () => {
  const { stdout } = await runLivectl(['--help'], { cwd: repository });
  expect(stdout).toMatch(/^ {2}replay /m);
  expect(stdout).toMatch(/^ {2}recordings /m);
});
