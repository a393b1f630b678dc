// A directory table in dynalite, an independent DynamoDB, as the Terraform module would create it.
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { systemClock } from '../clock.ts';
import {
  type ClientItem,
  clientCapabilities,
  Directory,
  type DirectoryOptions,
  toItem,
} from '../directory.ts';
import { HttpClient } from '../http-client.ts';

export const tableName = 'live-debug';
export const testCredentials = {
  accessKeyId: 'AKIDTEST',
  secretAccessKey: 'test-secret',
  sessionToken: 'test-token',
};

export interface DirectoryTable {
  readonly endpoint: string;
  /** Reads the table as the product does. */
  readonly directory: Directory;
  put(client: ClientItem): Promise<void>;
  remove(client: ClientItem): Promise<void>;
  close(): Promise<void>;
}

export async function startDirectoryTable(
  overrides: Partial<DirectoryOptions> = {},
): Promise<DirectoryTable> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = new HttpClient();
  const directory = new Directory({
    endpoint,
    region: 'eu-west-1',
    tableName,
    http,
    credentials: () => testCredentials,
    clock: systemClock,
    ...overrides,
  });
  await directory.call('CreateTable', {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'stage', AttributeType: 'S' },
      { AttributeName: 'item', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'stage', KeyType: 'HASH' },
      { AttributeName: 'item', KeyType: 'RANGE' },
    ],
  });
  for (let status = ''; status !== 'ACTIVE'; ) {
    const { Table } = (await directory.call('DescribeTable', {})) as { Table: { TableStatus: string } };
    status = Table.TableStatus;
  }
  return {
    endpoint,
    directory,
    put: async (client) => void (await directory.call('PutItem', { Item: toItem(client) })),
    remove: async ({ stage, item }) =>
      void (await directory.call('DeleteItem', { Key: { stage: { S: stage }, item: { S: item } } })),
    close: async () => {
      http.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client item with a live lease, for tests to vary. */
export function clientItem(fields: Partial<ClientItem>): ClientItem {
  return {
    stage: 'dev-ada',
    item: 'client#*',
    connectionId: 'L0SM9cOFvHcCIhw=',
    publicKey: 'BAAA',
    session: 'session-1',
    user: 'ada',
    host: 'ada-laptop',
    version: '0.2.0',
    capabilities: clientCapabilities,
    since: 1_772_366_400_000,
    leaseUntil: Date.now() + 3_600_000,
    expiresAt: 4_102_444_800,
    ...fields,
  };
}
