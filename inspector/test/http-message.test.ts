import { describe, expect, it } from 'vitest';
import { formPairs, httpRequest, httpResponse } from '../src/detail/http-message.ts';

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe('an HTTP event', () => {
  it('of an HTTP API or a function URL', () => {
    const request = httpRequest({
      version: '2.0',
      rawPath: '/orders/7',
      rawQueryString: 'a=1&a=2&b=x%20y',
      cookies: ['session=***', 'theme=dark=er'],
      headers: { 'content-type': 'application/json', 'x-dev': 'tom' },
      pathParameters: { id: '7' },
      requestContext: { domainName: 'x.execute-api.example', http: { method: 'PUT', sourceIp: '192.0.2.1' } },
      body: 'eyJhIjoxfQ==',
      isBase64Encoded: true,
    });
    expect(request).toMatchObject({
      method: 'PUT',
      path: '/orders/7',
      kind: 'HTTP API',
      query: [
        ['a', '1'],
        ['a', '2'],
        ['b', 'x y'],
      ],
      headers: [
        ['content-type', 'application/json'],
        ['x-dev', 'tom'],
      ],
      cookies: [
        ['session', '***'],
        ['theme', 'dark=er'],
      ],
      pathParameters: [['id', '7']],
      sourceIp: '192.0.2.1',
    });
    expect([text(request?.body?.bytes), request?.body?.contentType]).toEqual(['{"a":1}', 'application/json']);
  });

  it('of a REST API', () => {
    const request = httpRequest({
      httpMethod: 'GET',
      path: '/x',
      headers: { Cookie: 'last=1' },
      multiValueHeaders: { Cookie: ['a=1; b=2'], Accept: ['text/html', 'text/plain'] },
      queryStringParameters: { q: '2' },
      multiValueQueryStringParameters: { q: ['1', '2'] },
      requestContext: { identity: { sourceIp: '192.0.2.9' } },
      body: null,
    });
    expect(request).toMatchObject({
      kind: 'REST API',
      query: [
        ['q', '1'],
        ['q', '2'],
      ],
      cookies: [
        ['a', '1'],
        ['b', '2'],
      ],
      sourceIp: '192.0.2.9',
    });
    expect(request?.headers).toHaveLength(3);
    expect(request?.body).toBeUndefined();
  });

  it('of a load balancer, whose query is still encoded', () => {
    const request = httpRequest({
      httpMethod: 'POST',
      path: '/',
      headers: {},
      queryStringParameters: { 'a%20b': '1+2%', c: '%E2%82%AC' },
      requestContext: { elb: {} },
      body: 'a=1&b=2',
      isBase64Encoded: false,
    });
    expect(request).toMatchObject({
      kind: 'load balancer',
      query: [
        ['a b', '1+2%'],
        ['c', '€'],
      ],
    });
  });

  it.each([undefined, null, 'x', [], {}, { requestContext: {} }, { Records: [] }, { httpMethod: 'GET' }])(
    'is not one: %j',
    (event) => {
      expect(httpRequest(event)).toBeUndefined();
    },
  );
});

describe('an HTTP answer', () => {
  it('has headers, cookies and a body', () => {
    const response = httpResponse({
      statusCode: 201,
      headers: { 'Content-Type': 'text/plain', 'X-A': 'one', 'Set-Cookie': 'a=1' },
      multiValueHeaders: { 'x-a': ['1', '2'] },
      cookies: ['b=2; HttpOnly'],
      body: 'hi',
    });
    expect(response).toMatchObject({
      status: 201,
      headers: [
        ['Content-Type', 'text/plain'],
        ['x-a', '1'],
        ['x-a', '2'],
      ],
      cookies: ['b=2; HttpOnly', 'a=1'],
    });
    expect(text(response?.body?.bytes)).toBe('hi');
  });

  it('with a body that is not base64 shows it as it is', () => {
    const response = httpResponse({ statusCode: 200, body: '%%%', isBase64Encoded: true });
    expect(text(response?.body?.bytes)).toBe('%%%');
  });

  it.each([undefined, null, {}, { statusCode: 'x' }, { statusCode: 42 }, [1]])('is not one: %j', (result) => {
    expect(httpResponse(result)).toBeUndefined();
  });
});

it('form text has fields', () => {
  expect(formPairs('a=1&b=x+y', 'application/x-www-form-urlencoded; charset=utf-8')).toEqual([
    ['a', '1'],
    ['b', 'x y'],
  ]);
  expect(formPairs('a=1', 'text/plain')).toBeUndefined();
});
