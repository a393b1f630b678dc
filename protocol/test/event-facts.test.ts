// What filters find in the events of each source, as AWS documents them.
import { describe, expect, test } from 'vitest';
import { factsOf, jsonIn, recordsOf } from '../event-facts.ts';
import { compileFilter, EventToMatch, filterLimits, longestEvent } from '../event-filter.ts';

const matches = (filter: object, event: unknown) =>
  new EventToMatch(Buffer.from(JSON.stringify(event))).matches(
    compileFilter(JSON.stringify({ only: 'x', ...filter })),
  );

describe('HTTP', () => {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
  const httpApi = {
    version: '2.0',
    rawPath: '/dev/orders/7',
    rawQueryString: 'dev=tom&dev=t%6Fm%20s&a=',
    cookies: ['dev=tom', 'b=1; c=2'],
    headers: { 'x-dev': 'ann,tom', accept: 'text/html' },
    requestContext: { http: { method: 'POST', path: '/dev/orders/7' }, stage: 'dev' },
    body: '{"order":{"owner":"tom"}}',
    isBase64Encoded: false,
  };
  test('of an HTTP API and a function URL', () => {
    const { detail, ...facts } = factsOf(httpApi);
    expect(JSON.parse(JSON.stringify(facts))).toEqual({
      header: { 'x-dev': ['ann,tom', 'ann', 'tom'], accept: ['text/html'] },
      query: { dev: ['tom', 'tom s'], a: [''] },
      cookie: { dev: ['tom'], b: ['1'], c: ['2'] },
      path: ['/dev/orders/7', '/orders/7'],
      method: ['POST'],
      attribute: {},
      baggage: {},
    });
    expect(detail).toEqual({ order: { owner: 'tom' } });
  });

  test('of a REST API', () => {
    const facts = factsOf({
      path: '/orders',
      httpMethod: 'GET',
      headers: { 'X-Dev': 'tom', Cookie: 'a=1; dev=tom' },
      multiValueHeaders: { 'X-Dev': ['ann', 'tom'], Cookie: ['a=1; dev=tom'] },
      queryStringParameters: { dev: 'tom' },
      multiValueQueryStringParameters: { dev: ['ann', 'tom'] },
      requestContext: { stage: 'prod', path: '/prod/orders' },
      body: Buffer.from('{"a":1}').toString('base64'),
      isBase64Encoded: true,
    });
    expect(facts.header['x-dev']).toEqual(['ann', 'tom']);
    expect(facts.cookie.dev).toEqual(['tom']);
    expect(facts.query.dev).toEqual(['ann', 'tom']);
    expect(facts.path).toEqual(['/orders']);
    expect(facts.method).toEqual(['GET']);
    expect(facts.detail).toEqual({ a: 1 });
  });

  test('of a load balancer, whose query is as it was sent', () => {
    const facts = factsOf({
      requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:…' } },
      httpMethod: 'GET',
      path: '/x',
      queryStringParameters: { 'd%65v': 't%6Fm+s', bad: '%' },
      headers: { cookie: 'dev=tom' },
    });
    expect(facts.query).toMatchObject({ dev: ['tom s'], bad: ['%'] });
    expect(facts.cookie.dev).toEqual(['tom']);
  });

  test('members of baggage, by name', () => {
    const facts = (baggage: string) => factsOf({ headers: { Baggage: baggage } }).baggage;
    expect(facts('dev=tom')).toMatchObject({ dev: ['tom'] });
    const several = facts('a=1;ttl=3 , dev = t%6Fm%20%2C;own,=x,novalue,bad=%');
    expect(several).toMatchObject({ bad: ['%', '%'] });
    expect([new Set(several.a), new Set(several.dev)]).toEqual([new Set(['1']), new Set(['tom ,'])]);
    expect(Object.keys(facts(`dev=tom,x=${'y'.repeat(20_000)}`))).toEqual([]);
  });

  test('names that every object has are not headers', () => {
    const event = JSON.parse('{"headers":{"__proto__":"x","constructor":"y"}}') as unknown;
    expect(Object.entries(factsOf(event).header)).toEqual([
      ['__proto__', ['x']],
      ['constructor', ['y']],
    ]);
    expect(matches({ facts: { header: { toString: [{ exists: true }] } } }, event)).toBe(false);
  });
});

const sqs = (body: string, more: object = {}) => ({
  eventSource: 'aws:sqs',
  body,
  messageAttributes: {},
  ...more,
});
const sns = (Message: string, MessageAttributes: object = {}) => ({
  Type: 'Notification',
  Message,
  MessageAttributes,
});

describe('messages', () => {
  test('of a queue', () => {
    const facts = factsOf({
      Records: [
        sqs('{"owner":"tom"}', { messageAttributes: { dev: { stringValue: 'tom', dataType: 'String' } } }),
      ],
    });
    expect(facts.attribute.dev).toEqual(['tom']);
    expect(facts.detail).toEqual({ owner: 'tom' });
  });

  test('of a topic, and of a topic by a queue', () => {
    const message = sns('{"owner":"tom"}', {
      dev: { Type: 'String', Value: 'tom' },
      all: { Type: 'String.Array', Value: '["tom","ann"]' },
      baggage: { Type: 'String', Value: 'a=1,dev=tom' },
    });
    for (const record of [{ EventSource: 'aws:sns', Sns: message }, sqs(JSON.stringify(message))]) {
      const facts = factsOf({ Records: [record] });
      expect(facts.attribute).toMatchObject({ dev: ['tom'], all: ['tom', 'ann'] });
      expect(facts.baggage).toMatchObject({ a: ['1'], dev: ['tom'] });
      expect(facts.detail).toEqual({ owner: 'tom' });
    }
  });

  test('of EventBridge, also by a queue', () => {
    const event = { source: 'shop', 'detail-type': 'order', detail: { owner: 'tom' } };
    expect(factsOf(event).detail).toEqual({ owner: 'tom' });
    expect(factsOf({ Records: [sqs(JSON.stringify(event))] }).detail).toEqual({ owner: 'tom' });
  });

  test('of a stream, a table and a bucket', () => {
    const data = Buffer.from('{"owner":"tom"}').toString('base64');
    expect(factsOf({ Records: [{ eventSource: 'aws:kinesis', kinesis: { data } }] }).detail).toEqual({
      owner: 'tom',
    });
    const image = { owner: { S: 'tom' }, count: { N: '5' }, tags: { SS: ['a', 'b'] } };
    expect(factsOf({ Records: [{ dynamodb: { NewImage: image } }] }).attribute).toMatchObject({
      ...{ owner: ['tom'], count: ['5'], tags: ['a', 'b'] },
    });
    expect(factsOf({ Records: [{ s3: { object: { key: 'up+loads/t%C3%B6m.png' } } }] }).path).toEqual([
      '/up loads/töm.png',
    ]);
  });
});

describe('a filter', () => {
  test('looks into what a text holds', () => {
    const body = { event: { Records: { body: { owner: ['tom'] } } } };
    expect(matches(body, { Records: [sqs('{"owner":"tom"}')] })).toBe(true);
    expect(matches(body, { Records: [sqs('owner: tom')] })).toBe(false);
    const data = Buffer.from('{"owner":"tom"}').toString('base64');
    expect(
      matches(
        { event: { Records: { kinesis: { data: { owner: ['tom'] } } } } },
        { Records: [{ kinesis: { data } }] },
      ),
    ).toBe(true);
    const message = JSON.stringify(sns('{"owner":"tom"}'));
    expect(
      matches({ event: { Records: { body: { Message: { owner: ['tom'] } } } } }, { Records: [sqs(message)] }),
    ).toBe(true);
  });

  test('takes a batch whole, where all of it matches', () => {
    const attribute = (stringValue: string) => ({ messageAttributes: { dev: { stringValue } } });
    const toms = { facts: { attribute: { dev: ['tom'] } } };
    const batch = (...names: string[]) => ({ Records: names.map((name) => sqs('', attribute(name))) });
    expect(matches(toms, batch('tom', 'tom'))).toBe(true);
    expect(matches(toms, batch('tom', 'ann'))).toBe(false);
    expect(matches({ event: { Records: { body: [{ exists: true }] } } }, { Records: [] })).toBe(false);
  });

  test('matches nothing that is not JSON, too long or too deep, and never throws', () => {
    const any = compileFilter(JSON.stringify({ only: 'x', event: { a: [{ exists: false }] } }));
    const deep = `{"b":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
    expect(new EventToMatch(Buffer.from('{}')).matches(any)).toBe(true);
    expect(new EventToMatch(Buffer.from('{')).matches(any)).toBe(false);
    expect(new EventToMatch(Buffer.from(`"${'x'.repeat(longestEvent)}"`)).matches(any)).toBe(false);
    const below = compileFilter(JSON.stringify({ only: 'x', event: { b: [1] } }));
    expect(new EventToMatch(Buffer.from(deep)).matches(below)).toBe(false);
  });

  test('gives an event up that takes too much work, and others after it match again', () => {
    const wildcards = Array.from({ length: 60 }, (_, at) => ({ wildcard: `*a${at}*b*` }));
    const filter = compileFilter(JSON.stringify({ only: 'x', event: { a: [...wildcards, 'x'] } }));
    const any = compileFilter(JSON.stringify({ only: 'x', event: { a: [{ exists: true }] } }));
    const large = new EventToMatch(Buffer.from(JSON.stringify({ a: ['a'.repeat(5e6), 'x'] })));
    expect([large.matches(filter), large.matches(any)]).toEqual([false, false]);
    const small = new EventToMatch(Buffer.from(JSON.stringify({ a: ['a'.repeat(5e3), 'x'] })));
    expect([small.matches(filter), small.matches(any)]).toEqual([true, true]);
  });

  test.each<[string, string]>([
    ['x', 'a filter must be a JSON object'],
    ['null', 'a filter must be a JSON object'],
    ['{"only":"x"}', 'a filter must have a pattern'],
    ['{"event":{"a":[{"numric":[]}]}}', 'a "numric" is not a matcher'],
    [
      JSON.stringify({ event: { a: ['x'.repeat(filterLimits.bytes)] } }),
      `at most ${filterLimits.bytes} bytes of JSON`,
    ],
  ])('%s is refused', (text, words) => {
    expect(() => compileFilter(text)).toThrow(words);
  });
});

test('jsonIn finds objects and lists, plain or in base64', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  expect([' {"a":1}', '[1]', base64('\n{"a":1}'), base64('[1]')].map(jsonIn)).toEqual([
    { a: 1 },
    [1],
    { a: 1 },
    [1],
  ]);
  expect(['1', '"x"', 'abc', '{"a"', base64('{"a"'), ''].map(jsonIn)).toEqual(Array(6).fill(undefined));
});

test('recordsOf gives each record the event’s other fields', () => {
  expect(recordsOf({ a: 1, Records: [1, 2] })).toEqual([
    { a: 1, Records: [1] },
    { a: 1, Records: [2] },
  ]);
  expect(recordsOf('x')).toEqual(['x']);
});
