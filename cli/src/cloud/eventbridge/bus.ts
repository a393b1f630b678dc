// EventBridge: an event bus and its rules, each with a function behind it.
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import type { AsyncEvent } from '../lambda/async-invocations.ts';
import { compilePattern, type EventPattern } from '../triggers/event-pattern.ts';
import type { Resource } from '../triggers/resources.ts';

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

export class Bus {
  readonly name: string;
  readonly arn: string;
  readonly #rules: readonly { readonly functionName: string; readonly matches: EventPattern }[];

  /** Throws LD_CONFIG for a pattern that is none. */
  constructor({ name, arn, consumers }: Resource<'eventbridge'>) {
    this.name = name;
    this.arn = arn;
    this.#rules = consumers.map(({ functionName, trigger }) => ({
      functionName,
      matches: compile(functionName, trigger.event_pattern),
    }));
  }

  /** The invocations an event causes, one per rule that matches. */
  deliveries(event: BusEvent, trace: string | undefined): AsyncEvent[] {
    const matching = this.#rules.filter(({ matches }) => matches(event));
    if (matching.length === 0) return [];
    const payload = Buffer.from(JSON.stringify(event));
    return matching.map(({ functionName }) => ({
      functionName,
      source: 'eventbridge',
      resource: this.name,
      payload,
      trace,
      messageId: event.id,
    }));
  }
}

/** As events have it: `2026-03-01T12:00:00Z`. */
export function eventTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function compile(functionName: string, pattern: string): EventPattern {
  try {
    return compilePattern(JSON.parse(pattern));
  } catch (cause) {
    throw new LiveDebugError(
      'LD_CONFIG',
      `${functionName}: triggers.eventbridge.event_pattern is no event pattern: ${messageOf(cause)}`,
      { remedy: 'See "Amazon EventBridge event patterns" in the EventBridge user guide.', cause },
    );
  }
}
