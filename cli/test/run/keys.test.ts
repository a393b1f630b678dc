// Key `o` of a running `serve`, on real terminals: python3's pty stands in for the terminal and the person.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { keyTaker, pasteMs } from '../../src/run/keys.ts';
import { developerEnvironment } from '../e2e/developer-environment.ts';
import { type JsRuntime, project, repository } from '../e2e/livectl-process.ts';
import { SharedStage } from '../e2e/shared-stage.ts';

const ptyKeys = join(dirname(fileURLToPath(import.meta.url)), 'pty-keys.py');
const bundle = join(repository, 'dist/livectl.mjs');
const runtimes: Record<JsRuntime, readonly string[]> = {
  node: [process.execPath, bundle],
  deno: [join(repository, 'node_modules/.bin/deno'), 'run', '--allow-all', '--no-config', bundle],
};

// Its own bound is that of pty-keys.py.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let root: string;
let remove: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-keys-'));
  ({ remove, root } = project({
    'livectl.json': JSON.stringify({ functions: { f: { runtime: 'nodejs22.x', handler: 'f.handler' } } }),
    'f.mjs': 'export const handler = async () => 1;',
  }));
});

afterEach(() => {
  remove();
  rmSync(folder, { recursive: true, force: true });
});

interface Shown {
  readonly shown: string;
  readonly modes: readonly string[];
  readonly code: number;
  /** Steps that were not reached. */
  readonly left: readonly string[];
}

async function atTerminal(
  command: readonly string[],
  script: readonly string[],
  more: Record<string, string> = {},
): Promise<Shown> {
  const folders = { TMPDIR: folder, XDG_STATE_HOME: join(folder, 'state'), XDG_RUNTIME_DIR: '' };
  const screen = {
    TERM: 'xterm',
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    CI: '',
    TMUX: undefined,
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
    BROWSER: '',
  };
  const env = { ...process.env, ...folders, ...screen, ...more };
  const child = spawn('python3', [ptyKeys, ...command], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(`${script.join('\n')}\n`);
  const [shown] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return JSON.parse(shown);
}

const serve = (runtime: JsRuntime = 'node') => [
  ...runtimes[runtime],
  ...['serve', '--local', '--port', '0', '--root', root],
];

/** A browser that writes its arguments into a file. */
function browser(): { readonly BROWSER: string; readonly file: string; opened(): string[] } {
  const file = join(folder, 'opened');
  const program = join(folder, 'browser');
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${file}\n`);
  chmodSync(program, 0o700);
  return {
    BROWSER: program,
    file,
    opened: () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []),
  };
}

/** The titles in their order. */
function titles(shown: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: sequences are made of them
  return [...shown.matchAll(/\u001b\]0;([^\u0007]*)\u0007(\u001b\[23;0t)?/g)].map(([, title = '', back]) =>
    back === undefined ? title : 'taken back',
  );
}

const normal = 'icanon echo isig';
const single = 'isig';
const stopped = 'wait stopped: 0 invocations';

test('a key counts alone: not within pasted text or what special keys send, nor right after', () => {
  const clock = new ManualClock();
  const pressed: string[] = [];
  const take = keyTaker({ o: () => pressed.push('o'), q: () => pressed.push('q') }, clock, () => true);
  const later = (...pieces: string[]) => {
    clock.advance(pasteMs);
    for (const piece of pieces) take(Buffer.from(piece));
  };
  later('o');
  later('q');
  later('x');
  later('oo');
  later('foo o', 'o', 'o');
  later('\u001b[O');
  later('\u001b', 'O', 'o');
  later('toString');
  later('\u0004');
  expect(pressed).toEqual(['o', 'q']);
  const behind = keyTaker({ o: () => pressed.push('o') }, clock, () => false);
  behind('o');
  expect(pressed).toEqual(['o', 'q']);
});

describe.each<JsRuntime>(['node', 'deno'])('under %s', (runtime) => {
  test('o opens the inspector with a new link each time; pasted text does nothing', async () => {
    const { BROWSER, file, opened } = browser();
    const { code, left, modes, shown } = await atTerminal(
      serve(runtime),
      [
        ...[
          'wait Inspector: ',
          'wait press o',
          'mode',
          'keys o',
          `lines 1 ${file}`,
          'keys o',
          `lines 2 ${file}`,
        ],
        ...['keys foo o bar', 'ctrl c', stopped],
      ],
      { BROWSER },
    );
    expect({ code, left, modes }).toEqual({ code: 0, left: [], modes: [single, normal] });
    const links = shown.split('\n').flatMap((line) => line.match(/nspector: (\S+)/)?.[1] ?? []);
    expect(new Set(links).size).toBe(3);
    expect(opened()).toEqual(links.slice(1));
    expect(shown).not.toContain('foo o bar');
  });

  test.each([
    ['Ctrl-C', 'ctrl c', 0],
    ['SIGTERM', 'signal SIGTERM', 0],
    ['Ctrl-\\', 'ctrl \\', -3],
    ['a hang-up', 'signal SIGHUP', 0],
  ])('the terminal is as it was after %s', async (_what, step, code) => {
    const ended = await atTerminal(serve(runtime), ['wait press o', `await ${single}`, step]);
    expect(ended).toMatchObject({ left: [], modes: [normal] });
    expect(ended.code).toBe(code);
    expect(titles(ended.shown)).toEqual(['livectl local: building', 'livectl local', 'taken back']);
  });
});

// Node reads keys in its event loop. One that waits there for a key which Ctrl-C has discarded never sees the Ctrl-C.
test.runIf(process.platform === 'linux')('waiting for a key never blocks, also after Ctrl-Z', async () => {
  const waits = [`await ${single}`, 'blocks'];
  const { code, left, modes } = await atTerminal(serve(), [
    ...['wait press o', ...waits, 'ctrl z', 'stopped', 'signal SIGCONT', ...waits, 'ctrl c', stopped],
  ]);
  expect({ code, left }).toEqual({ code: 0, left: [] });
  expect(modes).toEqual(['does not block', 'does not block', normal]);
});

test('the terminal is as it was after a crash', async () => {
  const file = join(folder, 'crash.cjs');
  writeFileSync(file, "process.on('SIGUSR2', () => { throw new Error('a fault'); });");
  const crash = ['wait press o', `await ${single}`, 'signal SIGUSR2'];
  const crashed = await atTerminal(serve(), crash, { NODE_OPTIONS: `--require ${file}` });
  expect(crashed).toMatchObject({ left: [], modes: [normal], shown: expect.stringContaining('a fault') });
  expect(crashed.code).not.toBe(0);
  expect(titles(crashed.shown).at(-1)).toBe('taken back');
});

test('without a browser, o prints the link and says so', async () => {
  const { code, left, shown } = await atTerminal(serve(), [
    ...[
      'wait press o',
      'keys o',
      'wait inspector: http',
      'wait no browser could be started',
      'ctrl c',
      stopped,
    ],
  ]);
  expect({ code, left }).toEqual({ code: 0, left: [] });
  expect(shown).toContain('open the link above');
});

test('with --format json the terminal is left alone', async () => {
  const { code, left, modes, shown } = await atTerminal(
    [...serve(), '--format', 'json'],
    ['wait "event":"ready"', 'keys q', 'mode', 'ctrl c'],
  );
  expect({ code, left, modes }).toEqual({ code: 0, left: [], modes: [normal, normal] });
  expect(shown).not.toContain('\u001b');
});

describe('keys', () => {
  /** Beside it, with the same folders. */
  const invoke = () => `run ${[...runtimes.node, 'invoke', 'f', '--local', '--root', root].join(' ')}`;
  const pids = (shown: string) => [...shown.matchAll(/pid (\d+)/g)].map(([, pid]) => pid);

  beforeEach(() => {
    writeFileSync(
      join(root, 'f.mjs'),
      'export const handler = async () => console.log("pid " + process.pid);',
    );
  });

  test('p runs the last invocation again, r reloads and restarts workers, q stops once', async () => {
    const { code, left, shown } = await atTerminal(serve(), [
      ...['wait press o', `await ${single}`, 'keys p', 'wait there is no invocation to replay yet'],
      ...[invoke(), 'wait → f', 'wait ← f', 'keys p', 'wait → f', 'wait (replay)', 'wait ← f'],
      ...['keys r', 'wait reloading all functions', 'wait ↻ f reloaded'],
      ...['keys p', 'wait → f', 'wait (replay)', 'wait ← f', 'keys q', 'wait stopped: 1 invocation'],
    ]);
    expect({ code, left }).toEqual({ code: 0, left: [] });
    const [first, second, third, ...more] = pids(shown);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(more).toEqual([]);
    expect(titles(shown).slice(1, -1)).toEqual(['livectl local', 'livectl local: building', 'livectl local']);
  });

  test('work without inspector and recordings; ? lists them, c clears the screen', async () => {
    const { code, left, shown } = await atTerminal(
      [...serve(), '--no-inspector', '--no-record'],
      [
        ...['wait Keys: r reload, o inspector, p replay last, c clear, q quit, ? help', `await ${single}`],
        ...[
          'keys ?',
          'wait   q  stop, as Ctrl-C',
          'wait   ?  list the keys',
          'keys o',
          'wait the inspector does not run',
        ],
        ...[
          invoke(),
          'wait ← f',
          'keys p',
          'wait (replay)',
          'wait ← f',
          'keys c',
          'wait \u001b[H\u001b[2J',
          'keys q',
        ],
        stopped.replace('0 invocations', '1 invocation'),
      ],
    );
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(new Set(pids(shown)).size).toBe(1);
  });

  test('r builds what does not build again, and the title says so', async () => {
    writeFileSync(join(root, 'f.mjs'), 'export const handler = ;');
    const { code, left, shown } = await atTerminal(serve(), [
      ...[
        'wait f does not build',
        'wait press o',
        `await ${single}`,
        'keys r',
        'wait f does not build',
        'keys q',
      ],
      stopped,
    ]);
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(titles(shown)).toContain('livectl local: f does not build');
  });
});

test('a saved livectl.json is one line, and the keys work on', async () => {
  const f = { runtime: 'nodejs22.x', handler: 'f.handler' };
  writeFileSync(join(root, 'next.json'), JSON.stringify({ functions: { f, g: f } }));
  const { code, left, shown } = await atTerminal(serve(), [
    ...['wait Keys:', `await ${single}`, `run cp ${join(root, 'next.json')} ${join(root, 'livectl.json')}`],
    ...['wait livectl.json was saved (new: g)', 'wait   g  curl', `await ${single}`, 'keys q', stopped],
  ]);
  expect({ code, left }).toEqual({ code: 0, left: [] });
  const timesShown = (text: string) => shown.split(text).length - 1;
  for (const once of ['Keys:', 'Press Ctrl-C', 'Inspector:', 'run here by'])
    expect(timesShown(once)).toBeLessThan(2);
  expect(timesShown('livectl.json was saved')).toBe(1);
});

test('--observe has the keys that need no code, and a title', async () => {
  const shared = await SharedStage.start();
  try {
    await shared.putManifest({ understands: ['filters', 'observe'] });
    const observe = [
      ...runtimes.node,
      'serve',
      '--stage',
      'dev',
      '--observe',
      '--root',
      root,
      '--no-inspector',
    ];
    const { code, left, shown } = await atTerminal(
      observe,
      [
        ...['wait Keys: o inspector, c clear, q quit, ? help', `await ${single}`],
        ...['keys r', 'keys p', 'keys q', stopped],
      ],
      developerEnvironment(shared.cloud),
    );
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(shown).not.toContain('reloading');
    expect(titles(shown)).toEqual(['livectl dev: starting', 'livectl dev', 'taken back']);
  } finally {
    await shared.close();
  }
});

test.each<[string, Record<string, string>]>([
  ['a dumb terminal', { TERM: 'dumb' }],
  ['CI', { CI: 'true' }],
])('there is no title on %s', async (_what, env) => {
  const { code, shown } = await atTerminal(serve(), ['wait Press Ctrl-C', 'ctrl c', stopped], env);
  expect(code).toBe(0);
  expect(shown).not.toContain('\u001b');
});

test('with its output in a pipe the terminal is left alone', async () => {
  const { left, modes } = await atTerminal(
    ['sh', '-c', `${serve().join(' ')} | cat`],
    ['wait Press Ctrl-C', 'keys o', 'mode', 'ctrl c'],
  );
  expect({ left, modes }).toEqual({ left: [], modes: [normal, normal] });
});

const hasBash = spawnSync('bash', ['--version']).status === 0;

describe.runIf(hasBash)('in a shell with job control', () => {
  const shell = () => {
    const file = join(folder, 'bashrc');
    writeFileSync(file, "PS1='prompt> '; unset HISTFILE\n");
    return ['bash', '--noprofile', '--rcfile', file, '-i'];
  };
  const end = ['wait prompt> ', 'line exit'];

  test('Ctrl-Z stops it with the terminal as it was, and fg goes on', async () => {
    const { BROWSER, file, opened } = browser();
    const { code, left, modes } = await atTerminal(
      shell(),
      [
        ...['wait prompt> ', `line ${serve().join(' ')}`, 'wait press o', `await ${single}`],
        ...['ctrl z', 'wait Stopped', 'wait prompt> ', 'line stty -a | grep -o " icanon"', 'wait icanon'],
        ...['wait prompt> ', 'line fg', `await ${single}`, 'keys o', `lines 1 ${file}`, 'ctrl c', stopped],
        ...end,
      ],
      { BROWSER },
    );
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(modes.at(-1)).toBe(normal);
    expect(opened()).toHaveLength(1);
  });

  test('in the background it is not stopped, and leaves the terminal to the shell', async () => {
    const { code, left, shown } = await atTerminal(shell(), [
      ...['wait prompt> ', `line ${serve().join(' ')} &`, 'wait press o', 'line echo oo$((1+1))', 'wait oo2'],
      ...['line jobs', 'wait Running', 'line kill %1', stopped, 'line wait', 'wait Done'],
      'line exit',
    ]);
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(shown).not.toContain('inspector: http');
  });

  test('sent to the background with Ctrl-Z and bg, it runs on', async () => {
    const { code, left } = await atTerminal(shell(), [
      ...['wait prompt> ', `line ${serve().join(' ')}`, 'wait press o', `await ${single}`],
      ...[
        'ctrl z',
        'wait Stopped',
        'wait prompt> ',
        'line bg',
        'wait prompt> ',
        'line echo oo$((1+1))',
        'wait oo2',
      ],
      ...['line jobs', 'wait Running', 'line kill %1', stopped, 'line wait', 'line exit'],
    ]);
    expect({ code, left }).toEqual({ code: 0, left: [] });
  });
});
