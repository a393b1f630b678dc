// `livectl replay --watch`: runs again on each save, until Ctrl-C.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { exitCodes } from '../exit-code.ts';
import type { ReplayView } from './replay-view.ts';
import type { CodeChange, Replayer } from './replayer.ts';

/** Resolves with the exit code after a signal. Rejects with LD_INTERNAL if the serve that it runs beside has ended. */
export async function watchRuns(
  replayer: Replayer,
  view: ReplayView,
  stopAsked: Promise<'stop'>,
): Promise<number> {
  let changes: CodeChange[] = [];
  let wake: () => void = () => undefined;
  replayer.onChange((change) => {
    changes.push(change);
    wake();
  });
  const ended = replayer.ended.then((reason) => {
    throw new LiveDebugError('LD_INTERNAL', reason, { remedy: 'run the command again' });
  });
  ended.catch(() => undefined);
  for (let files: readonly string[] = []; ; ) {
    view.begin(files);
    const answer = await Promise.race([replayer.run(), stopAsked, ended]);
    if (answer === 'stop') return exitCodes.ok;
    await view.answered(answer);
    view.waiting();
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // One save may have come while it ran.
      if (changes.length === 0 && (await Promise.race([changed, stopAsked, ended])) === 'stop')
        return exitCodes.ok;
      const latest = changes.at(-1);
      files = changes.flatMap((change) => change.files);
      changes = [];
      if (latest === undefined || latest.errors.length === 0) break;
      view.broken(latest.errors);
    }
  }
}
