// EventBridge: an event bus and its rules, each with a function behind it.

import { compilePattern, type EventPattern } from '../../../../protocol/event-pattern.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import type { BusEvent } from '../../manifest/scheduled-event.ts';
import type { AsyncEvent } from '../lambda/async-invocations.ts';
import type { Resource } from '../triggers/resources.ts';

export class Bus {
  readonly name: string;
  readonly arn: string;
  readonly #rules: readonly { readonly functionName: string; readonly matches: EventPattern }[];

  /** Throws LD_CONFIG for an invalid pattern. */
  constructor({ name, arn, consumers }: Resource<'eventbridge'>) {
    this.name = name;
    this.arn = arn;
    this.#rules = consumers.map(({ functionName, trigger }) => ({
      functionName,
      matches: compile(functionName, trigger.event_pattern),
    }));
  }

  /** The invocations that an event causes, one per matching rule. */
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

function compile(functionName: string, pattern: string): EventPattern {
  try {
    return compilePattern(JSON.parse(pattern));
  } catch (cause) {
    throw new LiveDebugError(
      'LD_CONFIG',
      `${functionName}: triggers.eventbridge.event_pattern is not a valid event pattern: ${messageOf(cause)}`,
      { remedy: 'See "Amazon EventBridge event patterns" in the EventBridge user guide.', cause },
    );
  }
}
