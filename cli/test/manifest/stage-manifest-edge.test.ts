// A stage's manifest item: anything but the module's is refused with one clear error, whatever is wrong with it.
import { expect, test } from 'vitest';
import type { Directory } from '../../../protocol/directory.ts';
import { readStageManifest } from '../../src/manifest/stage-manifest.ts';

const entry = { function_name: 'f', handler: 'a.b', runtime: 'nodejs22.x', timeout: 5, memory_size: 128 };
const vpc = {
  id: 'vpc-0a1',
  functions: ['hello'],
  cidr_blocks: ['10.0.0.0/16', '2600:1f18::/56'],
  dns_resolver: '10.0.0.2',
  subnets: [{ id: 'subnet-0b2', az: 'us-west-2-lax-1a', cidr: '10.0.1.0/24' }],
  security_groups: [{ id: 'sg-0c3', name: 'any name; of "theirs"', referenced_by: ['sg-0d4'] }],
};

function read(item: unknown): Promise<unknown> {
  const directory = { tableName: 'live-debug-dev', call: async () => item } as unknown as Directory;
  return readStageManifest(directory, 'dev', undefined, { region: 'eu-west-1', isEmulated: false });
}

function document(changes: Readonly<Record<string, unknown>>, hello: Readonly<Record<string, unknown>> = {}) {
  const whole = {
    version: 1,
    relay: { url: 'wss://a1b2c3.execute-api.eu-west-1.amazonaws.com/live' },
    functions: { hello: { ...entry, ...hello } },
    ...changes,
  };
  return { Item: { document: { S: JSON.stringify(whole) } } };
}

test('one of the module is read', async () => {
  await expect(read(document({ vpcs: [vpc] }))).resolves.toMatchObject({
    vpcs: [vpc],
    relayUrl: 'wss://a1b2c3.execute-api.eu-west-1.amazonaws.com/live',
  });
});

test.each([
  ['no item', {}, 'has no manifest of stage dev'],
  [
    'an item without its document',
    { Item: { version: { N: '1' } } },
    'has no attribute "document" of type S',
  ],
  ['a document of another type', { Item: { document: { N: '1' } } }, 'has no attribute "document" of type S'],
  ['an answer of another form', { Item: 'x' }, 'has no attribute "document" of type S'],
  ['a document that is not JSON', { Item: { document: { S: '{' } } }, 'manifest of stage dev'],
  ['a timeout out of range', document({}, { timeout: 1e300 }), 'functions.hello.timeout'],
  ['a memory size out of range', document({}, { memory_size: -1 }), 'functions.hello.memory_size'],
  [
    'a watched pattern that a name of 200 characters keeps busy for half a minute',
    document({}, { watch: [`${'*a'.repeat(5)}b`] }),
    'functions.hello.watch.0',
  ],
  ['more watched patterns than a few', document({}, { watch: Array(101).fill('*') }), 'hello.watch'],
  [
    'an id of a VPC that a shell would take apart',
    document({ vpcs: [{ ...vpc, id: 'vpc-1;id' }] }),
    'vpcs.0.id',
  ],
  [
    'a range that one would take apart',
    document({ vpcs: [{ ...vpc, cidr_blocks: ['$(id)'] }] }),
    'vpcs.0.cidr_blocks.0',
  ],
  [
    'a resolver that one would take apart',
    document({ vpcs: [{ ...vpc, dns_resolver: '|id' }] }),
    'vpcs.0.dns_resolver',
  ],
])('%s is refused', async (_name, item, words) => {
  await expect(read(item)).rejects.toMatchObject({
    code: 'LD_STAGE',
    message: expect.stringContaining(words),
  });
});

test('its relay must be API Gateway’s, whichever command reads it, since requests to it are signed', async () => {
  const elsewhere = document({ relay: { url: 'wss://relay.example/live' } });
  await expect(read(elsewhere)).rejects.toMatchObject({ code: 'LD_UNTRUSTED' });
});

test.each(['../../../evil', '/tmp/evil', 'a/b', 'a\\b', 'C:evil', '..', '.', ''])(
  'a function called %j is refused: builds are written to a folder of its name',
  async (name) => {
    await expect(read(document({ functions: { [name]: entry } }))).rejects.toMatchObject({
      code: 'LD_STAGE',
    });
  },
);
