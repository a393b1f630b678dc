// A schedule: an EventBridge rule.
import * as v from 'valibot';
import { fields, text } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { jsonObject, optionalText } from './source-parts.ts';

export const schedule = declareSource({
  title: 'schedule',
  document: 'input',
  trigger: v.pipe(
    fields({
      schedule_expression: v.pipe(
        text,
        v.regex(
          /^(rate\((1 (minute|hour|day)|(\d{2,}|[2-9]) (minutes|hours|days))\)|cron\(\S+( \S+){5}\))$/,
          ({ input }) => `${JSON.stringify(input)} must be e.g. rate(5 minutes) or cron(0 8 ? * MON-FRI *)`,
        ),
        v.description('rate(5 minutes), or cron(0 8 ? * MON-FRI *) in UTC.'),
      ),
      input: v.optional(
        v.pipe(jsonObject, v.description('The event, as JSON text. Default: EventBridge’s own event.')),
      ),
    }),
    v.description('A schedule: an EventBridge rule.'),
  ),
  target: v.object({ schedule_expression: v.string(), rule_arn: v.string(), input: optionalText }),
});
