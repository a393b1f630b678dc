// EventBridge: rules that fire on a schedule, rate(...) or cron(...).
import type { Timer } from '../../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { scheduleRuleName } from '../../manifest/derived-names.ts';
import { scheduledEvent } from '../../manifest/scheduled-event.ts';
import { accountId, region } from '../aws-api/access.ts';
import { CloudFullError } from '../aws-api/aws-error.ts';
import type { KeptCloud } from '../kept-cloud.ts';
import type { CloudSource, SourceOptions } from '../triggers/cloud-source.ts';
import { existing, type Identity, type Resource } from '../triggers/resources.ts';
import { parseCron } from './cron.ts';

type SchedulesOptions = Pick<SourceOptions, 'invocations' | 'clock' | 'kept' | 'onEvent'>;

/** A rule, its function, and the event that it sends instead of EventBridge's own. */
interface Rule extends Identity {
  readonly functionName: string;
  readonly expression: string;
  readonly input: string | undefined;
}

export const schedule: CloudSource<'schedule'> = {
  /** The rule, which is the function's own. */
  identify: (_trigger, { functionName, prefix }) =>
    existing(`arn:aws:events:${region}:${accountId}:rule/${scheduleRuleName(functionName, prefix)}`, '/'),
  target: ({ input, schedule_expression }, { resource }) => ({
    schedule_expression,
    rule_arn: resource.arn,
    input,
  }),
  allow: () => [],
  check: ({ functionName, trigger }) => void readExpression(functionName, trigger.schedule_expression),
  create(resources, options) {
    const schedules = new Schedules(resources, options);
    return { close: () => schedules.close(), keep: (kept) => schedules.keep(kept) };
  },
};

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
/** Timers are set for at most a day, since Node's maximum is 25 days. */
const longestWaitMs = unitMs.day;

class Schedules {
  readonly #options: SchedulesOptions;
  readonly #timers = new Map<string, Timer>();
  /** When each rule fires next. */
  readonly #due = new Map<Rule, number>();

  /** Starts at once. Throws LD_CONFIG for an invalid expression. */
  constructor(resources: readonly Resource<'schedule'>[], options: SchedulesOptions) {
    this.#options = options;
    const planned = resources.flatMap(({ arn, consumers, name }) =>
      consumers.map(({ functionName, trigger: { input, schedule_expression } }) => ({
        rule: { arn, name, functionName, expression: schedule_expression, input },
        next: readExpression(functionName, schedule_expression),
      })),
    );
    // None starts unless all are valid.
    for (const { next, rule } of planned) {
      const due = options.kept.take<number>(rule.arn, rule.expression) ?? next(options.clock.now());
      this.#wait(rule, next, due);
    }
  }

  /** A rate counts on, and what has become due in between fires then. */
  keep(kept: Pick<KeptCloud, 'keep'>): void {
    for (const [{ arn, expression }, due] of this.#due) kept.keep(arn, due, expression);
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #wait(rule: Rule, next: (time: number) => number | undefined, due: number | undefined): void {
    if (due === undefined) return;
    this.#due.set(rule, due);
    const { clock } = this.#options;
    const ms = Math.min(Math.max(0, due - clock.now()), longestWaitMs);
    const timer = clock.after(
      ms,
      () => {
        const isDue = clock.now() >= due;
        if (isDue) this.#fire(rule, due);
        // Runs that were missed while the laptop slept are skipped.
        this.#wait(rule, next, isDue ? next(Math.max(due, clock.now())) : due);
      },
      { background: true },
    );
    this.#timers.set(rule.functionName, timer);
  }

  #fire({ arn, functionName, input, name: resource }: Rule, due: number): void {
    const { invocations, onEvent } = this.#options;
    const event = scheduledEvent(arn, due);
    const payload = Buffer.from(input ?? JSON.stringify(event));
    const invocation = { functionName, source: 'schedule', resource, payload, trace: undefined } as const;
    try {
      invocations.accept([{ ...invocation, messageId: event.id }]);
    } catch (error) {
      // Too many are waiting already; the next run is soon enough.
      if (!(error instanceof CloudFullError)) throw error;
      return;
    }
    onEvent({ type: 'published', source: 'schedule', resource, id: event.id, functionNames: [functionName] });
  }
}

/** Returns the first time after a given one. A rate counts from the local cloud's start, as on AWS from the rule's creation. */
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
      { remedy: 'Write it as in cron(0 8 ? * MON-FRI *) or rate(5 minutes).', cause },
    );
  }
}
