// Requests to the local HTTP front that no route matches: each is reported, or counted where they are many.
import type { Clock } from '../../../protocol/clock.ts';
import { ReportThrottle } from '../session/report-throttle.ts';
import type { CloudNews } from '../session/session-event.ts';

type Unmatched = Extract<CloudNews, { event: 'unmatched' }>;

/** This many in ten seconds are reported singly: a page that polls must not scroll everything else away. */
const atOnce = 10;

/** `meant` is only asked for what is reported. */
export type UnmatchedRequest = Omit<Unmatched, 'event' | 'did_you_mean'> & {
  readonly meant: () => string | undefined;
};

/** Returns what takes a request. */
export function unmatchedRequests(
  clock: Clock,
  emit: (event: CloudNews) => void,
): (request: UnmatchedRequest) => void {
  const throttle = new ReportThrottle(
    clock,
    (count, latest) =>
      emit({
        event: 'notice',
        message: `${count} more request${count === 1 ? '' : 's'} matched no route; the latest: ${latest}`,
      }),
    atOnce,
  );
  return ({ meant, ...request }) => {
    if (!throttle.take(`${request.method} ${request.path}`)) return;
    const guess = meant();
    emit({ event: 'unmatched', ...request, ...(guess === undefined ? {} : { did_you_mean: guess }) });
  };
}
