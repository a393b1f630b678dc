// Wrong credentials, addresses and table items in every form that they take: the deployed code answers, and the log says why.
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toItem } from '../../../protocol/directory.ts';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import { clientItem } from '../../../protocol/test/directory-table.ts';
import { stage } from '../harness/lambda.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const theTable = 'the table that says who serves';

/** DynamoDB that gives this answer to everything. */
async function tableThatSays(status: number, body: string): Promise<Record<string, string>> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as { port: number }).port}` };
}

const refuses =
  (type: string, status = 400) =>
  () =>
    tableThatSays(status, JSON.stringify({ __type: `com.amazon.coral.service#${type}`, message: 'no' }));
/** A table whose one item is like a client's, but for these attributes. */
const holds = (fields: Record<string, unknown>) => async () => {
  const { publicKey } = await generateClientKeys();
  const whole = toItem(clientItem({ stage, connectionId: 'c', publicKey, leaseUntil: Date.now() + 600_000 }));
  return tableThatSays(200, JSON.stringify({ Items: [{ ...whole, ...fields }] }));
};

type Wrong = [string, () => Promise<Record<string, string>> | Record<string, string>, string, RegExp];
const wrong: Wrong[] = [
  ['credentials that have expired', refuses('ExpiredTokenException'), theTable, /ExpiredTokenException/],
  ['unknown credentials', refuses('UnrecognizedClientException'), theTable, /UnrecognizedClient/],
  ['a signature that does not match', refuses('InvalidSignatureException'), theTable, /InvalidSignature/],
  ['a page instead of a table', () => tableThatSays(403, '<html>\u001b[31mno</html>'), theTable, /HTTP 403/],
  ['a web page with status 200', () => tableThatSays(200, '<html>'), theTable, /not DynamoDB's/],
  ['a table that is throttled', refuses('ThrottlingException'), theTable, /Throttling|no answer within/],
  [
    'a name that nobody has, for the table',
    () => ({ AWS_ENDPOINT_URL_DYNAMODB: 'http://nobody.invalid' }),
    theTable,
    /nobody\.invalid|no answer within/,
  ],
  [
    'a name that nobody has, for the relay',
    () => ({ LIVE_DEBUG_RELAY: 'http://nobody.invalid/live' }),
    'the relay',
    /nobody\.invalid|no answer within/,
  ],
  [
    'another path of the relay',
    () => ({ LIVE_DEBUG_RELAY: `${world.relay.url()}/other` }),
    'the relay',
    /403/,
  ],
  [
    'no TLS at the table',
    () => ({ AWS_ENDPOINT_URL_DYNAMODB: world.table.endpoint.replace('http:', 'https:') }),
    theTable,
    /./,
  ],
  ['no TLS at the relay', () => ({ LIVE_DEBUG_RELAY: world.relay.url('https') }), 'the relay', /./],
  [
    'a client whose key is invalid, and whose name has control characters',
    holds({ publicKey: { S: 'AAAA' }, user: { S: '\u001b[2Ja\nb' } }),
    theTable,
    /in item client#.* is invalid/,
  ],
  [
    'an item of other types',
    holds({ leaseUntil: { S: 'soon' }, connectionId: { N: '1' } }),
    'nobody serves',
    /./,
  ],
  ['a client that is 300 KB long', holds({ host: { S: 'x'.repeat(300_000) } }), 'nobody serves', /./],
  ['a lease that is past all times', holds({ leaseUntil: { N: '1e400' } }), 'nobody serves', /./],
  [
    'a connection that is a path',
    holds({ connectionId: { S: '../..' } }),
    'livectl of ada on ada-laptop',
    /is gone/,
  ],
  [
    'no items, but a list of numbers',
    () => tableThatSays(200, '{"Items":[1,null,[]]}'),
    'nobody serves',
    /./,
  ],
];

describe('with', () => {
  it.each(wrong)('%s', async (_what, given, because, why) => {
    await world.serve();
    const { api, instance } = await world.wrapped({ environment: await given() });
    for (const id of ['a', 'b'])
      expect((await api.invoke({ id, event: '1' })).body.toString()).toBe('{"deployed":1}');
    const reason = { because, why: expect.stringMatching(why) };
    expect(instance.ownLines).toContainEqual({ liveDebug: 'the deployed code answers', ...reason });
    expect(instance.stdout).not.toContain('test-secret');
    expect(instance.stdout).not.toContain('\u001b');
  });

  it.each([
    [
      'no credentials',
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      /AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY$/,
    ],
    [
      'credentials of a container',
      {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:9',
      },
      /AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY$/,
    ],
    ['a relay that is not a URL', { LIVE_DEBUG_RELAY: 'relay' }, /LIVE_DEBUG_RELAY$/],
  ])('%s', async (_what, environment, why) => {
    const { api, instance } = await world.wrapped({ environment });
    expect((await api.invoke({ id: 'a', event: '1' })).body.toString()).toBe('{"deployed":1}');
    const reason = { because: 'the relay part did not load', why: expect.stringMatching(why) };
    expect(instance.ownLines).toEqual([{ liveDebug: 'the deployed code answers', ...reason }]);
  });
});

it('a proxy of the function’s own, by variables, is not asked', async () => {
  answerAll(await world.serve(), () => '"local"');
  const nowhere = 'http://127.0.0.1:9';
  const environment = {
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    http_proxy: nowhere,
    NODE_USE_ENV_PROXY: '1',
  };
  const { api } = await world.wrapped({ environment });
  expect((await api.invoke({ id: 'a', event: '1' })).body.toString()).toBe('"local"');
});
