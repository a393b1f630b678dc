// Inspector page: whether a replay answered as its original did.
import type { VNode } from 'preact';
import type { InvocationDetail } from '../../../cli/src/recordings/recording.ts';
import { useModel } from '../state/page-model.ts';
import { useLoaded } from '../state/use-loaded.ts';
import { plural } from '../text/quantities.ts';
import { comparison } from './comparison.ts';

/** Longer results are compared only when the user asks. */
const mostBytes = 512 * 1024;

export function ReplayVerdict({ detail, original }: { detail: InvocationDetail; original: string }): VNode {
  const model = useModel();
  const { client, rows } = model;
  const isShort = detail.result_bytes <= mostBytes && (rows.get(original)?.result_bytes ?? 0) <= mostBytes;
  const loaded = useLoaded(isShort ? `${original} ${detail.key}` : undefined, async (signal) => {
    const [before, after] = await Promise.all([
      client.body(original, 'result', signal),
      client.body(detail.key, 'result', signal),
    ]);
    const decoder = new TextDecoder();
    return comparison(decoder.decode(before.bytes), decoder.decode(after.bytes)).differences.length;
  });
  const compare = () => model.go({ key: detail.key, tab: 'compare' });
  return (
    <p class={loaded.state === 'loaded' && loaded.value > 0 ? 'verdict differs' : 'verdict'}>
      <span role="status">{words(loaded)}</span>{' '}
      <button type="button" class="link" onClick={compare}>
        Compare
      </button>{' '}
      <button type="button" class="link" onClick={() => model.open(original)}>
        Show the original
      </button>
    </p>
  );
}

function words(loaded: ReturnType<typeof useLoaded<number>>): string {
  const replay = 'A replay';
  if (loaded.state !== 'loaded') return `${replay}.`;
  return loaded.value === 0
    ? `${replay}: the result is the same as the original’s.`
    : `${replay}: ${plural(loaded.value, 'difference')} from the original result.`;
}
