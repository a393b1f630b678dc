// A recording as something to keep or paste: its event, a command, a test. The inspector's page runs this in a browser.
import { curlCommand } from './export-curl.ts';
import type { Exported, ExportedInvocation, ExportForm, ExportOptions } from './export-form.ts';
import { pytestFixture } from './export-pytest.ts';
import { vitestFixture } from './export-vitest.ts';
import { escapedJson } from './indented-json.ts';
import { longestArgument, piped, shellWord } from './shell-text.ts';

/** `event`: as it is recorded, JSON in UTF-8. Masked values stay masked. */
export function exportText(
  invocation: ExportedInvocation,
  event: Uint8Array,
  as: ExportForm,
  options: ExportOptions = {},
): Exported {
  if (invocation.event_cut) return { ok: false, reason: 'only the start of its event is recorded' };
  const text = new TextDecoder().decode(event);
  const value = parsed(text);
  if (value === undefined && as !== 'event') return { ok: false, reason: 'its event is not JSON' };
  const name = `${invocation.function}-${invocation.key}`.replace(/[^\w-]/g, '_');
  switch (as) {
    case 'event':
      return { ok: true, text, fileName: `${name}.json` };
    case 'curl': {
      const command = curlCommand(value, invocation.function, options.functionUrl);
      if (command === undefined) return { ok: false, reason: 'its event is not an HTTP request' };
      return { ok: true, text: `${command}\n`, fileName: `${name}.sh` };
    }
    case 'invoke':
      return {
        ok: true,
        text: `${invokeCommand(invocation.function, text, options)}\n`,
        fileName: `${name}.sh`,
      };
    case 'vitest':
      return { ok: true, text: vitestFixture(invocation, text, options), fileName: `${name}.test.mjs` };
    case 'pytest':
      return {
        ok: true,
        text: pytestFixture(invocation, text, options),
        fileName: `test_${name.replaceAll('-', '_')}.py`,
      };
  }
}

function invokeCommand(
  functionName: string,
  event: string,
  { placeArgs = ['--local'] }: ExportOptions,
): string {
  const safe = escapedJson(event.trim());
  const command = ['livectl', 'invoke', functionName, ...placeArgs].map(shellWord).join(' ');
  if (safe.length > longestArgument) return piped(safe, `${command} --event -`);
  // A number may begin with a minus.
  return `${command} ${safe.startsWith('-') ? shellWord(`--event=${safe}`) : `--event ${shellWord(safe)}`}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
