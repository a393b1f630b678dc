// Starts the directory on its own for tests, with AWS's SDK as the client.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../../../protocol/clock.ts';
import { createPrincipal, type Principal, region, tableArn } from '../../../src/cloud/aws-api/access.ts';
import { closeServer, jsonAnswer, listen } from '../../../src/cloud/aws-api/loopback-server.ts';
import { SigV4Verifier } from '../../../src/cloud/aws-api/sigv4-verify.ts';
import { createAwsEndpoint } from '../../../src/cloud/aws-endpoint.ts';
import { TableApi } from '../../../src/cloud/dynamodb/table-api.ts';
import { Relay } from '../../../src/cloud/relay/relay-server.ts';

export const tableName = 'live-debug-test';
export const admin = createPrincipal('admin/test', [{ actions: ['dynamodb:*'], resources: [tableArn('*')] }]);

export interface DirectoryServer {
  readonly url: string;
  client(principal: Pick<Principal, 'credentials'>): DynamoDBClient;
  close(): Promise<void>;
}

export async function startDirectory(
  clock: Clock,
  others: readonly Principal[] = [],
): Promise<DirectoryServer> {
  const verifier = new SigV4Verifier(region, [admin, ...others], clock);
  const relay = new Relay(verifier, clock);
  const dynamodb = new TableApi(tableName, verifier, clock);
  const none = { answer: async () => jsonAnswer(404, {}) };
  const server = createAwsEndpoint({ relay, connections: none, dynamodb, invoke: none });
  const url = `http://127.0.0.1:${await listen(server, 0)}`;
  const clients: DynamoDBClient[] = [];
  return {
    url,
    client({ credentials }) {
      const client = new DynamoDBClient({ region, endpoint: url, credentials, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      relay.close();
      dynamodb.close();
      await closeServer(server);
    },
  };
}
