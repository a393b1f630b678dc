// The keys of a running `serve` at a terminal.
import process from 'node:process';
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { Inspector } from '../inspector/inspector.ts';
import type { Output } from '../log/output.ts';
import { printable } from '../log/printable.ts';
import { style } from '../log/style.ts';
import { clearScreen } from '../log/terminal-control.ts';
import { type Keys, listenForKeys, type TerminalView } from '../run/keys.ts';
import { browserCommands, browserPlace, openBrowser } from '../run/open-browser.ts';

export interface ServeKeysOptions {
  /** Undefined if it does not run. */
  readonly inspector: Inspector | undefined;
  readonly output: Output;
  /** Builds everything again and restarts the workers; undefined where no code runs. */
  readonly reload?: (() => void) | undefined;
  /** Runs the last invocation again; resolves with what prevents it, if something does. */
  readonly replayLast?: (() => Promise<string | undefined>) | undefined;
  /** What is to be undone while the terminal is somebody else's. */
  readonly view?: TerminalView | undefined;
}

interface KeyAction {
  readonly key: string;
  /** One or two words for the line at the start. */
  readonly short: string;
  readonly words: string;
  readonly run: () => void;
}

export interface ServeKeys {
  /** The line that names them; undefined where nobody can press one. */
  readonly hint: string | undefined;
  /** Ends them. */
  readonly end: () => void;
}

/** Works without an inspector as well. Nothing where no person sits at a terminal. */
export function serveKeys(options: ServeKeysOptions): ServeKeys {
  const actions = actionsOf(options);
  const keys: Keys = Object.fromEntries(actions.map(({ key, run }) => [key, run]));
  const end = listenForKeys(keys, systemClock, options.view);
  if (end === undefined) return { hint: undefined, end: () => undefined };
  const paint = style(options.output.colour);
  const named = actions.map(({ key, short }) => `${paint.name(key)} ${paint.dim(short)}`);
  return { hint: `  ${paint.dim('Keys:')} ${named.join(paint.dim(', '))}\n`, end };
}

function actionsOf({ inspector, output, reload, replayLast }: ServeKeysOptions): KeyAction[] {
  const notice = (message: string) => output.line(`· ${message}`);
  let isQuitting = false;
  const actions: KeyAction[] = [];
  if (reload)
    actions.push({
      key: 'r',
      short: 'reload',
      words: 'build every function again and restart its workers',
      run() {
        notice('reloading all functions');
        reload();
      },
    });
  actions.push({
    key: 'o',
    short: 'inspector',
    words: 'open the inspector in the browser',
    run() {
      if (inspector) void openInspectorPage(inspector, output);
      else notice('the inspector does not run');
    },
  });
  if (replayLast)
    actions.push({
      key: 'p',
      short: 'replay last',
      words: 'run the last invocation again, with the code as it is now',
      run() {
        const tell = (problem: string | undefined) => {
          if (problem !== undefined) notice(printable(problem));
        };
        void replayLast().catch(messageOf).then(tell);
      },
    });
  actions.push(
    {
      key: 'c',
      short: 'clear',
      words: 'clear the screen',
      run() {
        if (!clearScreen()) notice('this terminal cannot be cleared');
      },
    },
    {
      key: 'q',
      short: 'quit',
      words: 'stop, as Ctrl-C: finish what is in flight',
      run() {
        // Not as a second Ctrl-C, which ends at once.
        if (isQuitting) return;
        isQuitting = true;
        process.emit('SIGINT', 'SIGINT');
      },
    },
    {
      key: '?',
      short: 'help',
      words: 'list the keys',
      run: () => output.line(actions.map(({ key, words }) => `  ${key}  ${words}`).join('\n')),
    },
  );
  return actions;
}

/** A new link each time, since each opens once. */
async function openInspectorPage(inspector: Inspector, output: Output): Promise<void> {
  const url = inspector.url();
  output.line(`· inspector: ${url}`);
  const isOpen = await openBrowser(browserCommands(url, browserPlace()), systemClock);
  if (!isOpen) output.line('· no browser could be started: open the link above, or set BROWSER');
}
