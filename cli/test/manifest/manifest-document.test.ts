// Where a stage's manifest is read: in its own partition, otherwise where module 0.1 put it; never what is left there later.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import {
  createDeveloper,
  createPrincipal,
  type Principal,
  region,
  tableArn,
} from '../../src/cloud/aws-api/access.ts';
import { readManifestDocument } from '../../src/manifest/manifest-document.ts';
import { admin, type DirectoryServer, startDirectory, tableName } from '../cloud/dynamodb/dynamodb-server.ts';

const developer = createDeveloper(tableName, 'dev');
/** Under the policy of module 0.1, which has one partition. */
const developerOf01 = createPrincipal('developer/0.1', [
  { actions: ['dynamodb:GetItem'], resources: [tableArn(tableName)], leadingKeys: ['dev'] },
]);

let server: DirectoryServer;
let http: HttpClient;

beforeEach(async () => {
  server = await startDirectory(systemClock, [developer, developerOf01]);
  http = new HttpClient();
});

afterEach(async () => {
  http.close();
  await server.close();
});

function directoryAs({ credentials }: Principal): Directory {
  const common = { endpoint: server.url, region, tableName, http, clock: systemClock };
  return new Directory({ ...common, credentials: () => credentials });
}

async function put(partition: string, document: string): Promise<void> {
  const item = { stage: { S: partition }, item: { S: 'manifest' }, document: { S: document } };
  await directoryAs(admin).call('PutItem', { Item: item });
}

const read = (as: Principal) => readManifestDocument(directoryAs(as), 'dev');
const moved = JSON.stringify({ version: 1, moved_to: 'dev#manifest' });

test('the partition takes precedence over the old place', async () => {
  await put('dev', '{"version":1,"old":true}');
  expect(await read(developer)).toEqual({ text: '{"version":1,"old":true}', isOfModule01: true });
  await put(manifestPartition('dev'), '{"version":1}');
  expect(await read(developer)).toEqual({ text: '{"version":1}', isOfModule01: false });
});

test('a stage of module 0.1 is read under its own policy, which has no such partition', async () => {
  await put('dev', '{"version":1}');
  expect(await read(developerOf01)).toEqual({ text: '{"version":1}', isOfModule01: true });
});

test('what the module leaves in the old place is not a manifest', async () => {
  await put('dev', moved);
  expect(await read(developer)).toBeUndefined();
});

test('an outdated policy is what the error is about', async () => {
  await put('dev', moved);
  await put(manifestPartition('dev'), '{"version":1}');
  await expect(read(developerOf01)).rejects.toMatchObject({ type: 'AccessDeniedException' });
});
