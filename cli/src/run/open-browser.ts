// Opens a URL in the user's browser, without a shell.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../../protocol/clock.ts';

type Command = readonly [program: string, ...args: string[]];

/** What tells where the browser is. */
export interface BrowserPlace {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A Linux under Windows, whose browser it is. */
  readonly isWsl: boolean;
}

/** A program that is still running after this time, in milliseconds, is the browser itself. */
const patienceMs = 3000;

/** The commands that may open it, the best one first; none where there is no screen. */
export function browserCommands(url: string, { env, isWsl, platform }: BrowserPlace): readonly Command[] {
  const chosen = (env.BROWSER ?? '').split(platform === 'win32' ? ';' : ':').flatMap((each) => {
    const [program, ...args] = each.split(' ').filter(Boolean);
    if (program === undefined) return [];
    const placed = args.map((arg) => arg.replaceAll('%s', url));
    const command: Command = [program, ...placed, ...(placed.join() === args.join() ? [url] : [])];
    return [command];
  });
  const windows = ['url.dll,FileProtocolHandler', url];
  if (platform === 'win32') return [...chosen, ['rundll32', ...windows]];
  if (platform === 'darwin') return [...chosen, ['open', url]];
  if (isWsl) return [...chosen, ['wslview', url], ['rundll32.exe', ...windows]];
  // Over SSH, xdg-open would start a text browser.
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return hasScreen ? [...chosen, ['xdg-open', url]] : chosen;
}

/** The place of this process. */
export function browserPlace(): BrowserPlace {
  return { platform: process.platform, env: process.env, isWsl: isWsl() };
}

/** Whether one of the commands has opened it, as far as can be known. Never rejects. */
export async function openBrowser(commands: readonly Command[], clock: Clock): Promise<boolean> {
  for (const command of commands) if (await runs(command, clock)) return true;
  return false;
}

function runs([program, ...args]: Command, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    // In a group of its own: Ctrl-C ends livectl, not the browser.
    const child = spawn(program, args, { stdio: 'ignore', detached: true, windowsHide: true });
    const timer = clock.after(patienceMs, () => resolve(true), { background: true });
    const done = (isOpen: boolean) => {
      timer.cancel();
      resolve(isOpen);
    };
    child.once('error', () => done(false)).once('exit', (code) => done(code === 0));
    child.unref();
  });
}

function isWsl(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return /microsoft/i.test(readFileSync('/proc/sys/kernel/osrelease', 'utf8'));
  } catch {
    return false;
  }
}
