// A recording that is run again by a running serve: with what the function was told then, and its own recording.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { Replay } from '../inspector/replay-request.ts';
import type { Recorder } from '../recordings/recorder.ts';
import type { Session } from '../session/session.ts';

/** For the inspector's API. */
export function replayInServe(recorder: Recorder, run: Session['replay']): Replay {
  return async (request) => {
    const recorded = await recorder.get(request.of);
    const { arn, client_context: clientContext, identity, tenant_id: tenantId } = recorded?.context ?? {};
    const context = { ...(arn === undefined ? {} : { arn }), clientContext, identity, tenantId };
    const { result } = await run({ ...request, context });
    const [summary] = await recorder.list({ text: result.id, limit: 1 });
    if (summary === undefined) throw new LiveDebugError('LD_INTERNAL', 'the replay was not recorded');
    return { key: summary.key, summary };
  };
}
