// Inspector page: above an invocation's tabs: its hops, and how a replay differs from its original.
import type { VNode } from 'preact';
import type { InvocationDetail } from '../../../cli/src/recordings/recording.ts';
import { ReplayVerdict } from '../diff/replay-verdict.tsx';
import { useModel } from '../state/page-model.ts';
import { HopStrip } from './timing-tab.tsx';

export function DetailGlance({ detail }: { detail: InvocationDetail }): VNode {
  const model = useModel();
  return (
    <>
      <HopStrip detail={detail} open={() => model.go({ tab: 'timing' })} />
      {detail.replay_of === undefined || detail.status === 'running' ? null : (
        <ReplayVerdict key={detail.key} detail={detail} original={detail.replay_of} />
      )}
    </>
  );
}
