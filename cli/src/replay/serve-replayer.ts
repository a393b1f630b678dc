// A replay beside a running `serve`: its warm worker answers, with the credentials and variables that it has.
import * as v from 'valibot';
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { afterAnswer, seenInvocation } from '../control/outcome.ts';
import type { RunningServe } from '../control/serve-state.ts';
import { type WatchedEvent, watchServe } from '../control/watch.ts';
import type { InvocationDetail } from '../recordings/recording.ts';
import type { Closers } from '../run/closers.ts';
import { compared, type ReplayedAnswer } from './answer.ts';
import type { CodeChange, Replayer } from './replayer.ts';
import type { ServeApi } from './serve-api.ts';

interface ServeReplay {
  readonly api: ServeApi;
  readonly serve: RunningServe;
  /** The recording. */
  readonly of: Pick<InvocationDetail, 'key' | 'function'>;
  /** JSON text; undefined for the recorded event, which the serve may know with its secrets. */
  readonly event: string | undefined;
  readonly show: (event: WatchedEvent) => void;
  /** For a warning about the code that answers. */
  readonly warn: (message: string) => void;
  readonly closers: Closers;
}

/** Lambda's longest timeout, and a wait for the build and a worker. */
const longestMs = 1_100_000;
const lookEveryMs = 500;

const changeSchema = v.variant('event', [
  v.object({ event: v.literal('reload'), function: v.string(), changed: v.array(v.string()) }),
  v.object({
    event: v.literal('build_error'),
    function: v.string(),
    errors: v.array(
      v.object({
        text: v.string(),
        file: v.exactOptional(v.string()),
        line: v.exactOptional(v.number()),
        column: v.exactOptional(v.number()),
        lineText: v.exactOptional(v.string()),
      }),
    ),
  }),
]);

/** Rejects with LD_INTERNAL where the serve cannot be reached any more. */
export async function serveReplayer(options: ServeReplay): Promise<Replayer> {
  const { api, closers, of } = options;
  const listeners: ((change: CodeChange) => void)[] = [];
  const followed = await api.follow(({ data }) => {
    const parsed = v.safeParse(changeSchema, data);
    if (!parsed.success || parsed.output.function !== of.function) return;
    const change = parsed.output;
    const files = change.event === 'reload' ? change.changed : [];
    const errors = change.event === 'reload' ? [] : change.errors;
    for (const listener of listeners) listener({ files, errors });
  });
  closers.add(() => followed.close());
  return {
    run: () => run(options),
    onChange: (listener) => void listeners.push(listener),
    ended: followed.ended.then(() => 'the running livectl serve has ended'),
  };
}

async function run({ api, event, of, serve, show, warn }: ServeReplay): Promise<ReplayedAnswer> {
  const [broken] = (await api.buildErrors()).filter((error) => error.function === of.function);
  if (broken !== undefined) {
    const where = broken.file === undefined ? '' : `${broken.file}:${broken.line ?? 1}: `;
    warn(
      `the latest code does not build (${where}${broken.text}); an earlier build answers, if there is one`,
    );
  }
  const watch = await watchServe(serve);
  try {
    const begun = await api.replay(of.key, event);
    const detail = await ended(api, begun.key);
    const sought = { functionName: of.function, traces: [detail.id] };
    const seen = watch && (await seenInvocation(watch, sought, afterAnswer, systemClock, show));
    const recorded = await api.body(detail.key, 'result');
    const end = { ok: detail.status === 'ok', error: detail.error };
    return {
      ...end,
      body: await api.originalResult(detail.key),
      requestId: detail.id,
      seen,
      asRecorded: () => compared({ ...end, body: recorded?.bytes ?? new Uint8Array() }),
    };
  } finally {
    watch?.close();
  }
}

/** Waits for the end of one that takes longer than the API's own wait. */
async function ended(api: ServeApi, key: string): Promise<InvocationDetail> {
  for (const untilMs = systemClock.now() + longestMs; systemClock.now() < untilMs; ) {
    const detail = await api.get(key);
    if (detail !== undefined && detail.status !== 'running') return detail;
    await new Promise<void>((resolve) => systemClock.after(lookEveryMs, resolve));
  }
  throw new LiveDebugError('LD_INTERNAL', `the replay ${key} has not ended`);
}
