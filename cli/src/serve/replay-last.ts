// The last invocation, run again by a key of the terminal.
import type { Replay } from '../inspector/replay-request.ts';
import type { Recorder } from '../recordings/recorder.ts';

/** Enough to find one that is no replay. */
const newest = 200;

/**
 * Runs the newest invocation that is no replay and whose function `isServed`; its result is shown as that of any replay.
 * Resolves, once it has ended, with what prevented it, or undefined.
 */
export function replayLast(
  recorder: Pick<Recorder, 'list' | 'original' | 'body'>,
  replay: Replay,
  isServed: (name: string) => boolean,
): () => Promise<string | undefined> {
  let isRunning = false;
  return async () => {
    // A key that is held down.
    if (isRunning) return 'the last replay still runs';
    isRunning = true;
    try {
      const rows = await recorder.list({ limit: newest });
      const last = rows.find((row) => row.replay_of === undefined && isServed(row.function));
      if (last === undefined) return 'there is no invocation to replay yet';
      const { key } = last;
      const original = recorder.original(key);
      const recorded = original === undefined ? await recorder.body(key, 'event') : undefined;
      const event = original ?? recorded?.bytes;
      if (event === undefined || recorded?.isCut)
        return `the last invocation of ${last.function} is not recorded completely`;
      await replay({ function: last.function, event, of: key, edited: false });
      return undefined;
    } finally {
      isRunning = false;
    }
  };
}
