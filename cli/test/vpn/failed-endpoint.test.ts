// Network failures as runtimes and drivers word them.
import { describe, expect, it } from 'vitest';
import { looksPrivate, networkFailure } from '../../src/vpn/failed-endpoint.ts';

describe('a network failure', () => {
  it.each<[string, { host?: string | undefined; port?: number | undefined; what: string }]>([
    ['connect ECONNREFUSED 10.0.3.4:5432', { host: '10.0.3.4', port: 5432, what: 'ECONNREFUSED' }],
    ['connect ETIMEDOUT 10.0.3.4:6379', { host: '10.0.3.4', port: 6379, what: 'ETIMEDOUT' }],
    ['connect EHOSTUNREACH fd00::5:5432', { host: 'fd00::5', port: 5432, what: 'EHOSTUNREACH' }],
    ['getaddrinfo ENOTFOUND db.internal', { host: 'db.internal', what: 'ENOTFOUND' }],
    [
      'connection to server at "db.internal" (10.0.3.4), port 5432 failed: Connection timed out',
      { host: '10.0.3.4', port: 5432, what: 'Connection timed out' },
    ],
    [
      'connection to server at "10.0.3.4", port 5432 failed: timeout expired',
      { host: '10.0.3.4', port: 5432, what: 'timeout expired' },
    ],
    [
      'could not translate host name "db.internal" to address: Name or service not known',
      { host: 'db.internal', what: 'Name or service not known' },
    ],
    [
      "(2003, \"Can't connect to MySQL server on '10.0.3.4' (timed out)\")",
      { host: '10.0.3.4', what: 'timed out' },
    ],
    ['dial tcp 10.0.3.4:5432: i/o timeout', { host: '10.0.3.4', port: 5432, what: 'i/o timeout' }],
    [
      'dial tcp: lookup db.internal on 1.1.1.1:53: no such host',
      { host: 'db.internal', what: 'no such host' },
    ],
    ['Sandbox.Timedout\nTask timed out after 3.00 seconds', { what: 'Task timed out' }],
    ['[Errno 111] Connection refused', { what: 'Connection refused' }],
    ['Connection terminated due to connection timeout', { what: 'connection timeout' }],
  ])('%s', (text, expected) => {
    expect(networkFailure(text)).toMatchObject({ host: undefined, port: undefined, ...expected });
  });

  it.each([
    'connection to server at "db.internal" (10.0.3.4), port 5432 failed: FATAL:  password authentication failed for user "app"',
    'TypeError: x is not a function',
    'order 10.0.3.4:5432 not found',
    'timeout must be a number',
  ])('is not: %s', (text) => expect(networkFailure(text)).toBe(undefined));
});

it.each([
  ['10.0.3.4', true],
  ['127.0.0.1', false],
  ['::1', false],
  ['8.8.8.8', false],
  ['52.1.2.3', true],
  ['db.internal', true],
  ['orders.abc.eu-west-1.rds.amazonaws.com', true],
  ['api.stripe.com', false],
  ['sqs.eu-west-1.amazonaws.com', false],
])('%s looks private: %s', (host, expected) => {
  expect(looksPrivate(host, ['52.1.0.0/16'])).toBe(expected);
});
