// The parts of an event, as Lambda received it, that the short forms of filters name: headers, query, cookies, path and method
// of each kind of HTTP event, attributes of messages and items, the payload. Loaded only if a filter needs them.

type Json = Readonly<Record<string, unknown>>;
type Values = Record<string, string[]>;

/** Facts of one request, message or record. A name may have several values. */
export interface EventFacts {
  /** By name in lower case; a value with commas is also listed as its parts, since some events join several values that way. */
  readonly header: Values;
  readonly query: Values;
  readonly cookie: Values;
  /** With and without the stage that an HTTP API puts before it; for an S3 object, `/` and its key. */
  readonly path: readonly string[];
  readonly method: readonly string[];
  /** Attributes of an SQS or SNS message, also of one that SNS put into a queue, and of a DynamoDB item. */
  readonly attribute: Values;
  /** Members of the W3C `baggage` in a request's header or a message's attribute, without their properties. */
  readonly baggage: Values;
  /** EventBridge's `detail`; else the JSON in the body, message or data. */
  readonly detail: unknown;
}

/** Longer header values are not split: an HTTP request has 10 KB of headers at most (AWS: API Gateway quotas). */
const longestSplit = 16 * 1024;

/** The records of a batch, each as an event of its own; any other event is one by itself. */
export function recordsOf(event: unknown): readonly unknown[] {
  const records = at(event, 'Records');
  if (!Array.isArray(records) || records.length === 0) return [event];
  return records.map((record) => ({ ...(event as Json), Records: [record] }));
}

/** The JSON object or array in a text, plain or in base64; undefined for any other text. */
export function jsonIn(text: string): unknown {
  if (isJson(text)) return parsed(text);
  if (!isJson(Buffer.from(text.slice(0, 64), 'base64').toString('latin1'))) return undefined;
  return parsed(Buffer.from(text, 'base64').toString('utf8'));
}

/** `event` is one of {@link recordsOf}. */
export function factsOf(event: unknown): EventFacts {
  const record = [at(event, 'Records')].flat()[0];
  const header = headersOf(event);
  const attribute = attributesOf(record);
  return {
    header,
    query: queryOf(event),
    cookie: cookiesOf(event),
    path: pathsOf(event, record),
    method: texts(at(event, 'requestContext', 'http', 'method'), at(event, 'httpMethod')),
    attribute,
    get baggage() {
      return baggageOf(header, attribute);
    },
    get detail() {
      return payloadOf(event, record);
    },
  };
}

function headersOf(event: unknown): Values {
  const values = dictionary();
  const several = at(event, 'multiValueHeaders');
  for (const [name, value] of entries(several ?? at(event, 'headers'))) {
    for (const each of texts(value)) {
      const parts = each.length <= longestSplit && each.includes(',') ? each.split(',') : [];
      add(values, name.toLowerCase(), each, ...parts.map((part) => part.trim()));
    }
  }
  return values;
}

function queryOf(event: unknown): Values {
  const values = dictionary();
  const raw = at(event, 'rawQueryString');
  if (typeof raw === 'string') {
    for (const [name, value] of new URLSearchParams(raw)) add(values, name, value);
    return values;
  }
  // A load balancer passes names and values on as they were sent.
  const decode = at(event, 'requestContext', 'elb') === undefined ? (text: string) => text : decoded;
  const given = at(event, 'multiValueQueryStringParameters') ?? at(event, 'queryStringParameters');
  for (const [name, value] of entries(given)) add(values, decode(name), ...texts(value).map(decode));
  return values;
}

function cookiesOf(event: unknown): Values {
  const values = dictionary();
  const lists = texts(at(event, 'cookies'));
  for (const [name, value] of entries(at(event, 'multiValueHeaders') ?? at(event, 'headers')))
    if (name.toLowerCase() === 'cookie') lists.push(...texts(value));
  for (const pair of lists.flatMap((list) => list.split(';'))) {
    const equals = pair.indexOf('=');
    if (equals > 0) add(values, pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  return values;
}

function pathsOf(event: unknown, record: unknown): string[] {
  const key = at(record, 's3', 'object', 'key');
  if (typeof key === 'string') return [`/${decoded(key)}`];
  const [path, ...others] = texts(at(event, 'rawPath'), at(event, 'path'));
  if (path === undefined) return [];
  const stage = at(event, 'requestContext', 'stage');
  const before = typeof stage === 'string' ? `/${stage}/` : undefined;
  return [path, ...others, ...(before && path.startsWith(before) ? [path.slice(before.length - 1)] : [])];
}

function attributesOf(record: unknown): Values {
  const values = dictionary();
  for (const [name, attribute] of entries(at(record, 'messageAttributes')))
    add(values, name, ...texts(at(attribute, 'stringValue')));
  // In a queue that a topic writes to, the message with its attributes is the body.
  for (const message of [at(record, 'Sns'), notificationIn(record)])
    for (const [name, attribute] of entries(at(message, 'MessageAttributes'))) {
      const value = at(attribute, 'Value');
      const list =
        at(attribute, 'Type') === 'String.Array' && typeof value === 'string' ? jsonIn(value) : value;
      add(values, name, ...texts(list));
    }
  for (const image of ['NewImage', 'OldImage', 'Keys'])
    for (const [name, attribute] of entries(at(record, 'dynamodb', image)))
      for (const [, value] of entries(attribute)) add(values, name, ...texts(value));
  return values;
}

/** https://www.w3.org/TR/baggage/: `name=value;property,name=value`, values percent-encoded. */
function baggageOf(header: Values, attribute: Values): Values {
  const values = dictionary();
  for (const list of [header, attribute].flatMap(({ baggage = [] }) => baggage)) {
    if (list.length > longestSplit) continue;
    for (const member of list.split(',')) {
      const [pair = ''] = member.split(';', 1);
      const equals = pair.indexOf('=');
      if (equals > 0) add(values, pair.slice(0, equals).trim(), unescaped(pair.slice(equals + 1).trim()));
    }
  }
  return values;
}

function payloadOf(event: unknown, record: unknown): unknown {
  const notification = notificationIn(record);
  const held = [
    at(notification, 'Message'),
    at(record, 'Sns', 'Message'),
    at(record, 'kinesis', 'data'),
    at(record, 'body'),
    at(event, 'body'),
  ].find((each) => typeof each === 'string');
  const payload = typeof held === 'string' ? jsonIn(held) : event;
  return at(payload, 'detail-type') === undefined
    ? held === undefined
      ? undefined
      : payload
    : at(payload, 'detail');
}

/** SNS's envelope in the body of an SQS message. */
function notificationIn(record: unknown): unknown {
  const body = at(record, 'body');
  const held = typeof body === 'string' && body.includes('"Notification"') ? jsonIn(body) : undefined;
  return at(held, 'Type') === 'Notification' ? held : undefined;
}

function at(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Json)[name];
  }
  return found ?? undefined;
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** The strings, numbers and booleans among values and lists of them, as text. */
function texts(...values: readonly unknown[]): string[] {
  return values
    .flat(1)
    .filter((each) => ['string', 'number', 'boolean'].includes(typeof each))
    .map(String);
}

function dictionary(): Values {
  return Object.create(null) as Values;
}

function add(to: Values, name: string, ...values: readonly string[]): void {
  const list = to[name] ?? [];
  to[name] = list;
  for (const value of values) list.push(value);
}

function decoded(text: string): string {
  return unescaped(text.replaceAll('+', ' '), text);
}

/** Decodes percent-encoded text; returns `otherwise` if it is not valid. */
function unescaped(text: string, otherwise = text): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return otherwise;
  }
}

function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
