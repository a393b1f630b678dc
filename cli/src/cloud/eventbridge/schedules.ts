// EventBridge: rules that fire on a schedule, rate(...) or cron(...).
import type { Timer } from '../../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { scheduledEvent } from '../../manifest/scheduled-event.ts';
import { CloudFullError } from '../aws-api/aws-error.ts';
import { namePrefix, ruleArn } from '../triggers/resources.ts';
import type { SourceOptions } from '../triggers/source-service.ts';
import { parseCron } from './cron.ts';

type SchedulesOptions = Pick<SourceOptions, 'functions' | 'stage' | 'invocations' | 'clock' | 'onEvent'>;

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
/** Timers are set for at most a day, since Node's hold no more than 25. */
const longestWaitMs = unitMs.day;

export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #timers = new Map<string, Timer>();

  /** Starts at once. Throws LD_CONFIG for an invalid expression. */
  constructor(options: SchedulesOptions) {
    this.#options = options;
    const planned = options.functions.flatMap(({ name, triggers: { schedule } }) =>
      schedule === undefined
        ? []
        : [{ name, input: schedule.input, next: readExpression(name, schedule.schedule_expression) }],
    );
    // None starts unless all are valid.
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
        // Runs that were missed while the laptop slept are skipped.
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
      // Too much is waiting already; the next run is soon enough.
      if (!(error instanceof CloudFullError)) throw error;
      return;
    }
    onEvent({ type: 'published', source: 'schedule', resource, id: event.id, functionNames: [functionName] });
  }
}

/** The first time after a given one. A rate counts from the start of the local cloud, as on AWS from the creation of the rule. */
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
      `${functionName}: triggers.schedule.schedule_expression ${JSON.stringify(expression)} is not a valid schedule expression: ${messageOf(cause)}`,
      { remedy: 'Write it like cron(0 8 ? * MON-FRI *) or rate(5 minutes).', cause },
    );
  }
}
