// The directory table as both ends see it: its items, and signed requests in DynamoDB's JSON protocol.
import * as v from 'valibot';
import type { Clock } from './clock.ts';
import type { ClockSkew } from './clock-skew.ts';
import { isReset } from './http-attempt.ts';
import type { HttpClient } from './http-client.ts';
import { parseJson } from './json.ts';
import { firstLine, LiveDebugError, messageOf } from './live-debug-error.ts';
import { type AwsCredentials, Signer } from './signature.ts';

/** A DynamoDB attribute of the two types our items use. */
type Attribute = { readonly S: string } | { readonly N: string };
export type Item = Readonly<Record<string, Attribute>>;

/** The partition of what Terraform writes for a stage; developers can only read it. Stage names contain no `#`. */
export function manifestPartition(stage: string): string {
  return `${stage}#manifest`;
}

/** The sort key, in that partition, of the stage's manifest: its relay and its functions. */
export const manifestItem = 'manifest';

/** The sort key, in that partition, of the secret by which the stage's stubs authenticate. */
export const secretItem = 'secret';

/**
 * The sort key of the client that serves every function of a stage; `client#<function>` serves one. A client with a filter
 * has `#` and the filter's id after it: earlier versions pass over such an item.
 */
export const wholeStageItem = 'client#*';
export const clientItemPrefix = 'client#';

/**
 * The sort key of a client that observes a function begins with this; then the function or `*`, `#` and an id of the client's own.
 * No function has such a name, so earlier versions pass over the item.
 */
export const observerItemPrefix = `${clientItemPrefix}~observe#`;

/** The sort key of a tunnel instance is this and its id: where livectl can be reached by the function that it invoked. */
export const tunnelItemPrefix = 'tunnel#';

/** Names of people, machines and principals, keys and ids. Bounded, since a DynamoDB item may hold 400 KB. */
const text = v.pipe(
  v.object({ S: v.pipe(v.string(), v.maxLength(1024)) }),
  v.transform((attribute) => attribute.S),
);
/** A pattern and the words of its user: see `filterLimits`. */
const filterText = v.pipe(
  v.object({ S: v.pipe(v.string(), v.maxLength(4096)) }),
  v.transform((attribute) => attribute.S),
);
/** A time from 1970 to the maximum of a `Date` (ECMA-262, "Time Values and Time Range"), in the unit of `latest`. */
const timeUpTo = (latest: number) =>
  v.pipe(
    v.object({ N: v.pipe(v.string(), v.maxLength(40), v.regex(/^\d+(\.\d+)?$/)) }),
    v.transform((attribute) => Number(attribute.N)),
    v.maxValue(latest),
  );
const milliseconds = timeUpTo(8.64e15);
const seconds = timeUpTo(8.64e12);

/** A client's registration: one item per stage or function. */
const clientItemSchema = v.object({
  stage: text,
  item: text,
  /** The client's own socket on the relay. */
  connectionId: text,
  /** Uncompressed P-256 point, base64. */
  publicKey: text,
  /** A random id of the serving process, which owns the lease. */
  session: text,
  user: text,
  host: text,
  /** ARN of the AWS principal that serves, if STS returned one. */
  caller: v.optional(text),
  /** livectl's version. */
  version: text,
  /** What it understands beyond version 0.1 of the protocol, separated by spaces; see {@link provesSenders}. */
  capabilities: v.optional(text),
  /** Which invocations it wants, where that is not all: `FilterText` of event-filter.ts. */
  filter: v.optional(filterText),
  /** Of an item `tunnel#<instance>`: what the tunnel does, JSON text. */
  tunnel: v.optional(text),
  /** Of a client that observes: the most copies that it wants from one instance, in a second. */
  observe: v.optional(text),
  /** When serving began, milliseconds since the epoch. */
  since: milliseconds,
  /** End of the lease, milliseconds since the epoch; renewed while serving. */
  leaseUntil: milliseconds,
  /** DynamoDB's time to live, seconds since the epoch. */
  expiresAt: seconds,
});
export type ClientItem = v.InferOutput<typeof clientItemSchema>;

/**
 * The attributes that the module's developer policy allows in a client item (`client_attributes` in iam.tf): those of
 * `ClientItem`, and names reserved for later versions. None of them makes an item look like a manifest or a secret.
 */
export const clientAttributes = [
  'caller',
  'capabilities',
  'connectionId',
  'expiresAt',
  'filter',
  'host',
  'item',
  'leaseUntil',
  'observe',
  'protocol',
  'publicKey',
  'session',
  'since',
  'stage',
  'user',
  'version',
] as const;

/** Those of an item `tunnel#<instance>`, which the developer policy of a stage with a tunnel allows. */
export const tunnelAttributes = [...clientAttributes, 'tunnel'] as const;

/** The capabilities of this version's clients. `bits7` is added if they found that their relay carries such texts. */
export const clientCapabilities = 'psk br';

/** The single capabilities of a client. */
export function capabilitiesOf({ capabilities = '' }: Pick<ClientItem, 'capabilities'>): readonly string[] {
  return capabilities.split(' ');
}

/** Whether a client accepts messages that prove that their sender has the stage's secret; livectl 0.1 does not. */
export function provesSenders(client: Pick<ClientItem, 'capabilities'>): boolean {
  return capabilitiesOf(client).includes('psk');
}

export function toItem(client: ClientItem): Item {
  const item: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(client)) {
    if (value !== undefined) item[name] = typeof value === 'number' ? { N: String(value) } : { S: value };
  }
  return item;
}

/** Parses a client item; undefined if it is not one of this version. */
export function parseClientItem(item: unknown): ClientItem | undefined {
  const parsed = v.safeParse(clientItemSchema, item);
  return parsed.success ? parsed.output : undefined;
}

/** What a client's item is for: the function, or `*` for all of the stage, and the id of its filter, if it has one. */
export function servedBy({ item }: Pick<ClientItem, 'item'>): {
  readonly functionName: string;
  readonly filterId: string | undefined;
} {
  const [functionName = '', filterId] = item.slice(clientItemPrefix.length).split('#');
  return { functionName, filterId };
}

/** The function that a client observes, or `*` for all of the stage; undefined for a client that serves. */
export function observedBy({ item }: Pick<ClientItem, 'item'>): string | undefined {
  return item.startsWith(observerItemPrefix)
    ? item.slice(observerItemPrefix.length).split('#')[0]
    : undefined;
}

/** Clients with a live lease that may serve a function. */
export interface ServingClients {
  /** Each wants the invocations that match its filter, the newest first. */
  readonly filtered: readonly ClientItem[];
  /** They want all others: the function's own item before the whole stage's. */
  readonly unfiltered: readonly ClientItem[];
  /** They want copies of what is answered without them, and are never asked to answer. */
  readonly observers: readonly ClientItem[];
}

/** So many filters of one function are looked at, those of the newest clients. */
const mostFilters = 100;

/** `nowMs` in milliseconds since the epoch. */
export function servingClients(
  clients: readonly ClientItem[],
  functionName: string,
  nowMs: number,
): ServingClients {
  const live = clients.filter(({ leaseUntil }) => leaseUntil > nowMs);
  const serving = live.filter(({ observe }) => observe === undefined);
  return {
    filtered: serving
      .filter((client) => {
        const served = servedBy(client);
        if (client.filter === undefined || served.filterId === undefined) return false;
        return served.functionName === functionName || served.functionName === '*';
      })
      .sort((one, other) => other.since - one.since || (one.item < other.item ? -1 : 1))
      .slice(0, mostFilters),
    unfiltered: [clientItemPrefix + functionName, wholeStageItem].flatMap((key) =>
      serving.filter(({ item }) => item === key),
    ),
    observers: live.filter(
      (client) => client.observe && [functionName, '*'].includes(observedBy(client) ?? ''),
    ),
  };
}

/** Who serves what no filter matches; undefined where nobody does. */
export function servingClient(
  clients: readonly ClientItem[],
  functionName: string,
  nowMs: number,
): ClientItem | undefined {
  return servingClients(clients, functionName, nowMs).unfiltered[0];
}

export interface DirectoryOptions {
  /** `https://dynamodb.<region>.amazonaws.com`, or an emulator's. */
  readonly endpoint: string;
  readonly region: string;
  readonly tableName: string;
  readonly http: HttpClient;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly clock: Clock;
  /** Receives the times in AWS's answers. */
  readonly skew?: ClockSkew | undefined;
}

const timeoutMs = 5000;
const attempts = 3;

/** A page holds 1 MB, about two thousand clients. More pages than this are treated as an endless answer. */
const maxPages = 10;

const queryOutputSchema = v.object({
  Items: v.optional(v.array(v.unknown()), []),
  LastEvaluatedKey: v.nullish(v.record(v.string(), v.unknown())),
});
const failureSchema = v.object({
  __type: v.optional(v.string(), ''),
  message: v.optional(v.string()),
  Message: v.optional(v.string()),
  Item: v.optional(v.unknown()),
});

/** DynamoDB refused the request; `type` is the error's name without its namespace, e.g. `ConditionalCheckFailedException`. */
export class DirectoryRefusal extends LiveDebugError {
  readonly type: string;
  /** The conflicting item, if the call asked for it. */
  readonly item: unknown;

  constructor(operation: string, tableName: string, type: string, message: string, item: unknown) {
    super('LD_DIRECTORY', `${operation} on table ${tableName}: ${type}: ${message}`);
    this.type = type;
    this.item = item;
  }
}

/** Signed calls to the table. */
export class Directory {
  readonly tableName: string;
  readonly #options: DirectoryOptions;
  readonly #url: URL;
  readonly #signer: Signer;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.tableName = options.tableName;
    this.#url = new URL(options.endpoint);
    this.#signer = new Signer({ service: 'dynamodb', region: options.region });
  }

  /** All clients of a stage, including those with an expired lease. Items of other versions are skipped. */
  async clients(stage: string): Promise<ClientItem[]> {
    const clients: ClientItem[] = [];
    let start: Record<string, unknown> | null | undefined;
    for (let page = 1; page <= maxPages; page += 1) {
      const output = await this.call('Query', {
        KeyConditionExpression: '#stage = :stage AND begins_with(#item, :prefix)',
        ExpressionAttributeNames: { '#stage': 'stage', '#item': 'item' },
        ExpressionAttributeValues: { ':stage': { S: stage }, ':prefix': { S: clientItemPrefix } },
        ConsistentRead: true,
        ...(start ? { ExclusiveStartKey: start } : {}),
      });
      const parsed = v.safeParse(queryOutputSchema, output);
      if (!parsed.success) throw this.#notDynamoDb('Query');
      for (const item of parsed.output.Items) {
        const client = parseClientItem(item);
        if (client) clients.push(client);
      }
      start = parsed.output.LastEvaluatedKey;
      if (!start) break;
    }
    return clients;
  }

  /**
   * Runs one operation, with `TableName` filled in. Throws {@link DirectoryRefusal} if DynamoDB refuses it, and LD_DIRECTORY
   * if there is no answer. 5xx, throttling and cut connections are tried three times.
   */
  async call(operation: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    const body = JSON.stringify({ TableName: this.tableName, ...input });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#send(operation, body);
      } catch (error) {
        if (attempt === attempts || !isPassing(error))
          throw asDirectoryError(error, operation, this.#url.host);
        const wait = Math.random() * 50 * 2 ** attempt;
        await new Promise<void>((resolve) => this.#options.clock.after(wait, resolve));
      }
    }
  }

  async #send(operation: string, body: string): Promise<unknown> {
    const { clock, credentials, http, skew } = this.#options;
    const target = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    };
    const request = { method: 'POST', url: this.#url, headers: target, body };
    const signer = await credentials();
    const sentMs = clock.now();
    const headers = this.#signer.sign(request, signer, sentMs);
    const response = await http.send({ ...request, headers, timeoutMs });
    const date = Date.parse(response.headers.date ?? '');
    if (!Number.isNaN(date)) skew?.answered(date, sentMs, clock.now());
    const answer = parseJson(response.body);
    if (response.status === 200 && answer !== undefined) return answer;
    if (response.status === 200) throw this.#notDynamoDb(operation);
    const failure = v.safeParse(failureSchema, answer);
    const { __type, message, Message, Item } = failure.success ? failure.output : { __type: '' };
    const type = __type.split('#').pop() || `HTTP ${response.status}`;
    const words = firstLine(message ?? Message ?? 'no message');
    throw new DirectoryRefusal(operation, this.tableName, type, words, Item);
  }

  #notDynamoDb(operation: string): LiveDebugError {
    const message = `${operation} got an answer from ${this.#url.host} that is not DynamoDB's`;
    return new LiveDebugError('LD_DIRECTORY', message, {
      remedy: 'check the endpoint and any proxy before it',
    });
  }
}

/** The item of a tunnel instance, also with an expired lease; undefined if there is none of this version. Rejects as `call`. */
export async function tunnelItem(
  directory: Pick<Directory, 'call'>,
  stage: string,
  id: string,
): Promise<ClientItem | undefined> {
  const output = await directory.call('GetItem', {
    Key: { stage: { S: stage }, item: { S: tunnelItemPrefix + id } },
    ConsistentRead: true,
  });
  return parseClientItem((output as { Item?: unknown } | null)?.Item);
}

function isPassing(error: unknown): boolean {
  if (error instanceof DirectoryRefusal) {
    return /^HTTP 5|Throttl|ProvisionedThroughput|InternalServer|RequestLimit|ServiceUnavailable/.test(
      error.type,
    );
  }
  return isReset(error) || (error as { code?: unknown }).code === 'ETIMEDOUT';
}

function asDirectoryError(error: unknown, operation: string, host: string): LiveDebugError {
  if (error instanceof LiveDebugError) return error;
  return new LiveDebugError('LD_DIRECTORY', `${operation} got no answer from ${host}: ${messageOf(error)}`, {
    cause: error,
    remedy: 'check the Region and the network',
  });
}
