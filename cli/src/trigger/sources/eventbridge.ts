// `livectl trigger eventbridge`: puts an event on the bus.
import * as v from 'valibot';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import type { Given } from '../given.ts';
import type { Resource, Source } from './source.ts';

export const eventbridge: Source<'eventbridge'> = {
  flags: ['source', 'detail-type', 'detail'],
  missing(given, { resource }) {
    const defaults = literals(resource.event_pattern);
    return [
      ...(given.has('source') || defaults.source
        ? []
        : [{ flag: 'source', question: 'Source of the event' }]),
      ...(given.has('detail-type') || defaults.detailType
        ? []
        : [{ flag: 'detail-type', question: 'Detail type of the event' }]),
      ...(given.has('detail') ? [] : [{ flag: 'detail', question: 'Detail, a JSON object' }]),
    ];
  },
  async publish(given, { resource }, aws) {
    const { event_bus_name: bus, event_pattern: pattern } = resource;
    const defaults = literals(pattern);
    const entry = {
      EventBusName: bus,
      Source: given.text('source') ?? defaults.source,
      DetailType: given.text('detail-type') ?? defaults.detailType,
      Detail: (await detail(given)) ?? '{}',
    };
    const output = await aws.call('events:PutEvents', busArn(resource), (calls) =>
      calls.putEvents({ Entries: [entry] }),
    );
    const [result] = output.Entries ?? [];
    if (result?.EventId === undefined) {
      // EventBridge answers 200 with a result for each entry.
      throw new LiveDebugError(
        'LD_PUBLISH',
        `EventBridge refused the event for bus ${bus}: ${result?.ErrorCode}: ${result?.ErrorMessage}`,
      );
    }
    return {
      to: bus,
      ids: { event_id: result.EventId, source: entry.Source ?? '', detail_type: entry.DetailType ?? '' },
      traces: [result.EventId],
    };
  },
};

async function detail(given: Given): Promise<string | undefined> {
  return (await given.jsonObject('detail'))?.text;
}

/** The bus's ARN, derived from its rule's (`rule/BUS/NAME`, on the default bus `rule/NAME`), otherwise its name. */
function busArn({ event_bus_name: bus, rule_arn: ruleArn }: Resource<'eventbridge'>): string {
  if (!ruleArn || bus.startsWith('arn:')) return bus;
  return `${ruleArn.split(':').slice(0, 5).join(':')}:event-bus/${bus}`;
}

const patternSchema = v.object({
  source: v.fallback(v.optional(v.array(v.unknown())), undefined),
  'detail-type': v.fallback(v.optional(v.array(v.unknown())), undefined),
});

/** The values that the rule's pattern requires, if each is a single literal: an event with them matches. */
function literals(pattern: string): { source: string | undefined; detailType: string | undefined } {
  const parsed = v.safeParse(patternSchema, JSON.parse(pattern));
  if (!parsed.success) return { source: undefined, detailType: undefined };
  return { source: onlyText(parsed.output.source), detailType: onlyText(parsed.output['detail-type']) };
}

function onlyText(values: readonly unknown[] | undefined): string | undefined {
  return values?.length === 1 && typeof values[0] === 'string' ? values[0] : undefined;
}
