// Which recording `livectl replay` and `recordings export` mean: a key, Lambda's request id, the start of either, or the last one.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { printable } from '../log/printable.ts';
import type { InvocationSummary, Recordings } from '../recordings/recording.ts';
import { rowsOf } from './all-rows.ts';

interface Sought {
  /** `last`: the newest one that is not a replay. */
  readonly id: string;
  readonly functionName: string | undefined;
}

/** How many of those that an ambiguous id may mean are named. */
const mostNamed = 5;

/** Rejects with LD_CONFIG if no recording matches, or if the prefix is ambiguous. */
export async function findRecording(
  recordings: Recordings,
  { functionName, id }: Sought,
): Promise<InvocationSummary> {
  const found = id === 'last' ? await last(recordings, functionName) : await byId(recordings, id);
  if (found !== undefined) return found;
  const of = functionName === undefined ? '' : ` of the function ${functionName}`;
  const what = id === 'last' ? `nothing${of} is recorded` : `no recording has the id ${JSON.stringify(id)}`;
  throw new LiveDebugError('LD_CONFIG', printable(what), {
    remedy:
      id === 'last'
        ? 'livectl serve records what it runs; livectl recordings lists it'
        : 'livectl recordings lists their ids; the first characters of one are enough',
  });
}

async function last(
  recordings: Recordings,
  functionName: string | undefined,
): Promise<InvocationSummary | undefined> {
  for await (const row of rowsOf(recordings, { function: functionName }))
    if (row.replay_of === undefined) return row;
  return undefined;
}

/** Of several with the same id, which retries share, the newest. */
async function byId(recordings: Recordings, id: string): Promise<InvocationSummary | undefined> {
  const matches: InvocationSummary[] = [];
  for await (const row of rowsOf(recordings, { text: id })) {
    if (row.key === id) return row;
    if (row.key.startsWith(id) || row.id.startsWith(id)) matches.push(row);
  }
  const [first] = matches;
  const whole = matches.find((row) => row.id === id);
  if (whole !== undefined || first === undefined) return whole;
  if (matches.every((row) => row.id === first.id)) return first;
  const named = matches.slice(0, mostNamed).map((row) => `${row.key} (${row.function}, ${row.trigger})`);
  const more = matches.length > mostNamed ? ` and ${matches.length - mostNamed} more` : '';
  throw new LiveDebugError(
    'LD_CONFIG',
    printable(`several recordings begin with ${JSON.stringify(id)}: ${named.join(', ')}${more}`),
    { remedy: 'write more of the id' },
  );
}
