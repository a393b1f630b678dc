// What EventBridge sends for a rule with a schedule: for the local cloud's schedules and for `livectl trigger schedule`.
import { randomUUID } from 'node:crypto';

/** An event as rules and functions see it. https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** To the second, in UTC. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/**
 * The event of the rule with this ARN, due at `ms` milliseconds since the epoch.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-scheduled-events.html
 */
export function scheduledEvent(ruleArn: string, ms: number): BusEvent {
  const [, , , region = '', account = ''] = ruleArn.split(':');
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: eventTime(ms),
    region,
    resources: [ruleArn],
    detail: {},
  };
}

/** As events have it: `2026-03-01T12:00:00Z`. */
export function eventTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
