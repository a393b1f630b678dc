// What `livectl doctor` says of a relay that refuses: a VPC endpoint, a missing permission, a proxy.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { explainRelay, privateAddressOf } from '../../src/doctor/explain-relay.ts';
import { relayCheck } from '../../src/doctor/relay-check.ts';
import type { StageParts } from '../../src/doctor/stage-parts.ts';

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

test('a relay that answers 403, with a name that leads into a VPC', async () => {
  const server = createServer().on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const relayUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
  const credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' });
  const lookup = (_name: string, _options: object, callback: (error: null, all: object[]) => void) =>
    callback(null, [{ address: '10.0.3.7', family: 4 }]);
  const parts = {
    stage: async () => ({ identity: { region: 'eu-west-1', credentials }, lookup }),
    manifest: async () => ({ relayUrl, isObserveOnly: false }),
  } as unknown as StageParts;
  const findings: Finding[] = [];
  await relayCheck(parts, 5000).run((finding) => findings.push(finding), new AbortController().signal);
  server.close();
  expect(findings).toEqual([
    {
      check: 'relay',
      status: 'fail',
      message: expect.stringMatching(
        /leads to 10\.0\.3\.7, a VPC endpoint .* refused the connection with HTTP 403$/,
      ),
      remedy: expect.stringContaining('private DNS'),
    },
  ]);
});
