// Keys of a command that runs at a terminal: one key, one action. Ctrl-C, Ctrl-Z and Ctrl-\ work as without them.
import process from 'node:process';
import type { Clock } from '../../../protocol/clock.ts';
import { isAtTerminal } from '../log/output.ts';
import { CharacterMode, isInForeground } from './character-mode.ts';

/** What a key does, by the character that it sends. */
export type Keys = Readonly<Record<string, () => void>>;

/** What a command shows of itself in the terminal, beside lines. */
export interface TerminalView {
  /** The terminal is ours again. */
  enter(): void;
  /** It is the shell's, for now or for good. */
  leave(): void;
}

/** What comes this soon after something else, in milliseconds, was pasted, or is part of what a special key sends. */
export const pasteMs = 30;

const ctrlC = '\u0003';

/**
 * Listens until the returned function is called or the process ends, however it ends; then the terminal is as it was. Does
 * nothing while this process is in the background, and returns undefined where no person sits. Call it when nobody asks a question any more.
 */
export function listenForKeys(keys: Keys, clock: Clock, view?: TerminalView): (() => void) | undefined {
  if (!isAtTerminal()) return undefined;
  const { stdin } = process;
  const mode = new CharacterMode();
  const take = keyTaker(keys, clock, isInForeground);
  let isOver = false;

  const begin = () => {
    if (isOver || !mode.set()) return void stdin.pause();
    stdin.resume();
    // Waiting for a key must not keep the process alive.
    stdin.unref?.();
  };
  const end = () => {
    if (isOver) return;
    isOver = true;
    process.off('exit', end);
    for (const [signal, handle] of handlers) process.off(signal, handle);
    stdin.off('data', take);
    stdin.pause();
    mode.restore();
  };
  /** The shell gets the terminal as it was. */
  const suspend = () => {
    view?.leave();
    mode.restore();
    // Not SIGTSTP: under Deno a signal that was once listened to does nothing any more.
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = () => {
    begin();
    if (!isOver && isInForeground()) view?.enter();
  };
  const quit = () => {
    view?.leave();
    end();
    process.kill(process.pid, 'SIGQUIT');
    setTimeout(() => process.exit(131), pasteMs);
  };
  const handlers: readonly [NodeJS.Signals, () => void][] =
    process.platform === 'win32'
      ? []
      : [
          ['SIGTSTP', suspend],
          ['SIGCONT', resume],
          ['SIGQUIT', quit],
        ];

  process.once('exit', end);
  for (const [signal, handle] of handlers) process.on(signal, handle);
  // The terminal is gone; SIGHUP ends the command.
  stdin.on('error', end).once('end', end);
  stdin.on('data', take);
  begin();
  return end;
}

/** Takes what the terminal sends, a piece at a time. */
export function keyTaker(keys: Keys, clock: Clock, isOurs: () => boolean): (piece: Buffer | string) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (piece) => {
    const text = piece.toString();
    const now = clock.now();
    const isAlone = text.length === 1 && now - last >= pasteMs;
    last = now;
    // Windows alone: elsewhere it is a signal.
    if (text === ctrlC) return void process.emit('SIGINT', 'SIGINT');
    if (isAlone && Object.hasOwn(keys, text) && isOurs()) keys[text]?.();
  };
}
