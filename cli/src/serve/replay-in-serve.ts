// Recordings that are run again by a running serve: with what the function was told then, and recorded themselves.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { Replay } from '../inspector/replay-request.ts';
import { NewestEvents } from '../recordings/newest-events.ts';
import type { Recorder } from '../recordings/recorder.ts';
import type { Session } from '../session/session.ts';

export interface ReplaysInServe {
  readonly run: Replay;
  /** What a replay answered, unmasked; only of the newest, and only in memory. */
  readonly result: (key: string) => Uint8Array | undefined;
}

/** For the inspector's API. */
export function replaysInServe(recorder: Recorder, run: Session['replay']): ReplaysInServe {
  const results = new NewestEvents();
  return {
    async run(request) {
      const recorded = await recorder.get(request.of);
      const { arn, client_context: clientContext, identity, tenant_id: tenantId } = recorded?.context ?? {};
      const context = { ...(arn === undefined ? {} : { arn }), clientContext, identity, tenantId };
      const { body, bytes, result } = await run({ ...request, context });
      const named = await recorder.list({ function: request.function, text: result.id });
      const summary = named.find(({ id }) => id === result.id);
      if (summary === undefined) throw new LiveDebugError('LD_INTERNAL', 'the replay was not recorded');
      if (body.length === bytes) results.add(summary.key, body);
      return { key: summary.key, summary };
    },
    result: (key) => results.get(key),
  };
}
