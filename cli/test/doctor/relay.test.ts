// What `livectl doctor` says of a relay that refuses: a VPC endpoint, a missing permission, a proxy.
import { expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { explainRelay, privateAddressOf } from '../../src/doctor/explain-relay.ts';

const host = 'abc.execute-api.eu-west-1.amazonaws.com';
const words = `the relay at ${host} refused the connection with HTTP 403`;
const failure = { host, status: 403, words, privateAddress: undefined, hasProxy: false };

test.each([
  [
    'a VPC endpoint with private DNS',
    { privateAddress: '10.0.3.7' },
    /leads to 10\.0\.3\.7, a VPC endpoint for execute-api with private DNS, which refuses public APIs/,
    /turn off the endpoint’s private DNS/,
  ],
  ['a missing permission', {}, /HTTP 403/, /it allows execute-api:Invoke$/],
  ['a proxy', { hasProxy: true }, /HTTP 403/, /execute-api:Invoke; a VPC endpoint .* behind the proxy/],
  ['no answer', { status: undefined }, /relay/, /^check the network/],
  ['no answer by a proxy', { status: undefined, hasProxy: true }, /relay/, /WebSockets/],
])('%s', (_what, more, message, remedy) => {
  const [said, todo] = explainRelay({ ...failure, ...more });
  expect(said).toMatch(message);
  expect(todo).toMatch(remedy);
});

test.each([
  ['10.0.3.7', '10.0.3.7'],
  ['203.0.113.7', undefined],
  // An emulator's.
  ['127.0.0.1', undefined],
])('the name leads to %s', async (address, found) => {
  const asked: string[] = [];
  const lookup = (name: string, _options: object, callback: (error: null, all: object[]) => void) => {
    asked.push(name);
    callback(null, [{ address, family: 4 }]);
  };
  expect(await privateAddressOf(host, lookup as never, systemClock)).toBe(found);
  expect(asked).toEqual([host]);
});
