// `livectl replay --edit`: the event in the developer's editor, in a private file that is removed afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { makeTempFolder } from '../folders/temp-folder.ts';
import { indentedJson } from '../recordings/indented-json.ts';

/** Lambda's largest event is smaller. */
const mostBytes = 16 * 1024 * 1024;

/**
 * The event, JSON text, as it was saved. Rejects with LD_CONFIG if there is no editor, it fails, or what was saved is not JSON.
 * Waits for the editor as long as it runs.
 */
export async function editedEvent(
  event: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  // As git does: the variable is a command with arguments, and words in it are separated by spaces.
  const [program, ...words] = (env.VISUAL || env.EDITOR || '').split(' ').filter((word) => word !== '');
  if (program === undefined)
    throw new LiveDebugError('LD_CONFIG', '--edit needs an editor', {
      remedy: 'set VISUAL or EDITOR to one that waits, e.g. EDITOR=vim or EDITOR="code --wait"',
    });
  const folder = await makeTempFolder();
  try {
    const file = join(folder.path, 'event.json');
    writeFileSync(file, `${indentedJson(event)}\n`, { mode: 0o600 });
    await edit(program, [...words, file]);
    return saved(file);
  } finally {
    folder.remove();
  }
}

/** The file is an argument of its own, so nothing in the event reaches a shell. */
async function edit(program: string, args: readonly string[]): Promise<void> {
  const failed = (reason: string) =>
    new LiveDebugError('LD_CONFIG', `the editor ${program} ${reason}; nothing was run`, {
      remedy: 'set VISUAL or EDITOR to another one',
    });
  // Ctrl-C is the editor's, which runs in the same terminal.
  const leave = () => undefined;
  process.on('SIGINT', leave);
  const editor = spawn(program, args, { stdio: 'inherit' });
  const [code, signal] = await once(editor, 'exit')
    .catch((error: unknown) => {
      throw failed(`cannot be started: ${messageOf(error)}`);
    })
    .finally(() => process.off('SIGINT', leave));
  if (code !== 0) throw failed(`ended with ${signal ?? `exit code ${code}`}`);
}

function saved(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > mostBytes) throw new Error(`it has ${size} bytes, more than ${mostBytes}`);
    const text = readFileSync(file, 'utf8');
    JSON.parse(text);
    return text.trim();
  } catch (error) {
    throw new LiveDebugError(
      'LD_CONFIG',
      `the edited event cannot be used: ${messageOf(error)}; nothing was run`,
    );
  }
}
