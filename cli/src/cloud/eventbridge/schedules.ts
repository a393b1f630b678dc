// EventBridge: rules that fire by the clock, by rate(...) or cron(...).
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { scheduledEvent } from '../../manifest/scheduled-event.ts';
import { CloudFullError } from '../aws-api/aws-error.ts';
import type { CloudEvent, CloudFunction } from '../cloud.ts';
import type { AsyncInvocations } from '../lambda/async-invocations.ts';
import { namePrefix, ruleArn } from '../triggers/resources.ts';
import { parseCron } from './cron.ts';

interface SchedulesOptions {
  readonly functions: readonly CloudFunction[];
  readonly stage: string;
  readonly invocations: AsyncInvocations;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
/** Timers are set for a day at most: those of Node end after 25. */
const longestWaitMs = unitMs.day;

export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #timers = new Map<string, Timer>();

  /** Begins at once. Throws LD_CONFIG for an expression that is none. */
  constructor(options: SchedulesOptions) {
    this.#options = options;
    const planned = options.functions.flatMap(({ name, triggers: { schedule } }) =>
      schedule === undefined
        ? []
        : [{ name, input: schedule.input, next: readExpression(name, schedule.schedule_expression) }],
    );
    // Only when all of them were found right.
    for (const { name, input, next } of planned) {
      this.#wait(name, next, next(options.clock.now()), input);
    }
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #wait(
    functionName: string,
    next: (time: number) => number | undefined,
    due: number | undefined,
    input: string | undefined,
  ): void {
    if (due === undefined) return;
    const { clock } = this.#options;
    const ms = Math.min(Math.max(0, due - clock.now()), longestWaitMs);
    const timer = clock.after(
      ms,
      () => {
        const isDue = clock.now() >= due;
        if (isDue) this.#fire(functionName, due, input);
        // What was due while the laptop slept is not made up for.
        this.#wait(functionName, next, isDue ? next(Math.max(due, clock.now())) : due, input);
      },
      { background: true },
    );
    this.#timers.set(functionName, timer);
  }

  #fire(functionName: string, due: number, input: string | undefined): void {
    const { invocations, onEvent, stage } = this.#options;
    const rule = ruleArn(functionName, namePrefix(stage));
    const resource = rule.split('/').at(-1) ?? rule;
    const event = scheduledEvent(rule, due);
    const payload = Buffer.from(input ?? JSON.stringify(event));
    const invocation = { functionName, source: 'schedule', resource, payload, trace: undefined } as const;
    try {
      invocations.accept([{ ...invocation, messageId: event.id }]);
    } catch (error) {
      // Too much waits already; the next time is not far.
      if (!(error instanceof CloudFullError)) throw error;
      return;
    }
    onEvent({ type: 'published', source: 'schedule', resource, id: event.id, functionNames: [functionName] });
  }
}

/** The first time after a given one. A rate counts from the start of the local cloud, as on AWS from the rule's making. */
function readExpression(functionName: string, expression: string): (time: number) => number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (unit === 'minute' || unit === 'hour' || unit === 'day') {
    return (time) => time + Number(count) * unitMs[unit];
  }
  try {
    const schedule = parseCron(/^cron\((.*)\)$/.exec(expression)?.[1] ?? '');
    return (time) => schedule.next(time);
  } catch (cause) {
    throw new LiveDebugError(
      'LD_CONFIG',
      `${functionName}: triggers.schedule.schedule_expression ${expression} is none: ${messageOf(cause)}`,
      { remedy: 'Write it like cron(0 8 ? * MON-FRI *) or rate(5 minutes).', cause },
    );
  }
}
