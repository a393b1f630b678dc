// EventBridge: PutEvents, as SDKs call it.
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { parseJson } from '../../../../protocol/json.ts';
import { type BusEvent, eventTime } from '../../manifest/scheduled-event.ts';
import { accountId, region } from '../aws-api/access.ts';
import { AwsError, CloudFullError } from '../aws-api/aws-error.ts';
import { kilobyte } from '../aws-api/aws-limits.ts';
import type { Caller } from '../aws-api/caller.ts';
import { checkLength, JsonService, parseInput } from '../aws-api/json-protocol.ts';
import type { Service } from '../aws-api/service.ts';
import type { SourceOptions } from '../triggers/cloud-source.ts';
import type { Bus } from './bus.ts';

/** EventBridge. */
const busLimits = {
  entries: 10,
  /** All entries of a request together. */
  requestBytes: 256 * kilobyte,
} as const;

interface BusApiOptions extends Pick<SourceOptions, 'verifier' | 'invocations' | 'clock' | 'onEvent'> {
  readonly buses: readonly Bus[];
}

const entrySchema = v.object({
  Time: v.optional(v.number()),
  Source: v.optional(v.string()),
  Resources: v.optional(v.array(v.string()), []),
  DetailType: v.optional(v.string()),
  Detail: v.optional(v.string()),
  EventBusName: v.optional(v.string(), 'default'),
  TraceHeader: v.optional(v.string()),
});
const requestSchema = v.object({ Entries: v.array(entrySchema), EndpointId: v.optional(v.undefined()) });
type Entry = v.InferOutput<typeof entrySchema>;

/** The service behind the endpoint. */
export function createBusApi(options: BusApiOptions): Service {
  return new JsonService({
    verifier: options.verifier,
    signingName: 'events',
    target: 'AWSEvents',
    version: '1.1',
    namespace: undefined,
    // With every byte escaped.
    bodyLimit: 8 * busLimits.requestBytes,
    fullCode: 'ThrottlingException',
    operations: { PutEvents: (input, caller) => putEvents(options, input, caller) },
  });
}

/** Entries are independent: a refused one does not affect the others. */
function putEvents(options: BusApiOptions, raw: unknown, caller: Caller) {
  const { Entries: entries } = parseInput(requestSchema, raw);
  checkLength('entries', 'PutEventsRequestEntry', entries.length, busLimits.entries);
  if (entries.reduce((sum, each) => sum + entrySize(each), 0) > busLimits.requestBytes) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  for (const { EventBusName } of entries) caller.allow('events:PutEvents', busArn(EventBusName));
  const answers = entries.map((entry) => putEvent(options, entry, caller));
  return { FailedEntryCount: answers.filter((each) => 'ErrorCode' in each).length, Entries: answers };
}

function putEvent({ buses, invocations, clock, onEvent }: BusApiOptions, entry: Entry, caller: Caller) {
  const detail = parseJson(entry.Detail ?? '');
  const refusal = refusalOf(entry, detail);
  if (refusal) return refusal;
  // As on AWS, a bus that does not exist drops events silently; only the terminal reports it.
  const bus = buses.find(({ name, arn }) => name === entry.EventBusName || arn === entry.EventBusName);
  const [, , , busRegion = region, account = accountId] = (bus?.arn ?? busArn(entry.EventBusName)).split(':');
  const event: BusEvent = {
    version: '0',
    id: randomUUID(),
    'detail-type': entry.DetailType ?? '',
    source: entry.Source ?? '',
    account,
    time: eventTime(entry.Time === undefined ? clock.now() : entry.Time * 1000),
    region: busRegion,
    resources: entry.Resources,
    detail,
  };
  const deliveries = bus?.deliveries(event, entry.TraceHeader ?? caller.trace) ?? [];
  try {
    invocations.accept(deliveries);
  } catch (error) {
    if (!(error instanceof CloudFullError)) throw error;
    return { ErrorCode: 'ThrottlingException', ErrorMessage: error.message };
  }
  onEvent({
    type: 'published',
    source: 'eventbridge',
    resource: bus?.name ?? entry.EventBusName,
    id: event.id,
    functionNames: deliveries.map(({ functionName }) => functionName),
  });
  return { EventId: event.id };
}

function refusalOf(entry: Entry, detail: unknown) {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (entry[name]) continue;
    const ErrorMessage = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
    return { ErrorCode: 'InvalidArgument', ErrorMessage };
  }
  if (entry.Source?.startsWith('aws.')) {
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    };
  }
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  return undefined;
}

/** As in "Calculating PutEvents event entry size"; 14 bytes are for the time. */
function entrySize({ Time, Source, DetailType, Detail, Resources }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), Time === undefined ? 0 : 14);
}

function busArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:')
    ? nameOrArn
    : `arn:aws:events:${region}:${accountId}:event-bus/${nameOrArn}`;
}
