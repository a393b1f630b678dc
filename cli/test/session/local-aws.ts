// The relay and the directory of the embedded cloud, without functions: what a session stands in, for tests.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../protocol/clock.ts';
import { systemClock } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  Directory,
  manifestPartition,
  secretItem,
  toItem,
} from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { stageSecretText } from '../../../protocol/test/stage-secrets.ts';
import { createDeveloper, createStubRole, region } from '../../src/cloud/aws-api/access.ts';
import { type Answer, closeServer, jsonAnswer, listen } from '../../src/cloud/aws-api/loopback-server.ts';
import { SigV4Verifier } from '../../src/cloud/aws-api/sigv4-verify.ts';
import { createAwsEndpoint } from '../../src/cloud/aws-endpoint.ts';
import type { Credentials, RelayFault, RelayPost } from '../../src/cloud/cloud.ts';
import { TableApi } from '../../src/cloud/dynamodb/table-api.ts';
import { ConnectionsApi } from '../../src/cloud/relay/connections-api.ts';
import { Relay } from '../../src/cloud/relay/relay-server.ts';
import { Recorder } from './recorder.ts';

export { region };
export const stage = 'test';
const tableName = 'live-debug-test';

/** What becomes of a call with this DynamoDB operation. */
export type DirectoryFault = (operation: string) => 'unavailable' | 'table-gone' | Promise<void> | undefined;

export interface LocalAws {
  readonly relayUrl: string;
  readonly developer: Credentials;
  readonly stubRole: Credentials;
  readonly http: HttpClient;
  /** The directory as a developer sees it. */
  readonly directory: Directory;
  /** What becomes of posts; settable. */
  fault: (post: RelayPost) => RelayFault | undefined;
  /** What becomes of the directory's calls; a promise holds one back. Settable. */
  directoryFault: DirectoryFault;
  /** Operations that reached the directory, in order. */
  readonly calls: Recorder<string>;
  /** WebSocket handshakes that were tried, and what became of them. */
  readonly handshakes: Recorder<'accepted' | 'refused'>;
  /** Refuses handshakes from now on, or takes them again. */
  refuseConnections(refuse: boolean): void;
  /** The items in the table, by their sort key. */
  items(): Promise<Map<string, ClientItem>>;
  put(item: ClientItem): Promise<void>;
  /** Gives the stage another secret, as Terraform does. */
  deploySecret(secret: string): void;
  /** Ends a connection as API Gateway does. */
  disconnect(connectionId: string): void;
  isOpen(connectionId: string): boolean;
  close(): Promise<void>;
}

/** The relay, and a hand on its door. */
class Door extends Relay {
  readonly handshakes = new Recorder<'accepted' | 'refused'>();
  closed = false;

  override accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.handshakes.add(this.closed ? 'refused' : 'accepted');
    if (this.closed) socket.end('HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    else super.accept(request, socket, head);
  }
}

export async function startLocalAws(clock: Clock = systemClock): Promise<LocalAws> {
  const developer = createDeveloper(tableName, stage);
  const stub = createStubRole(tableName, stage);
  const verifier = new SigV4Verifier(region, [developer, stub], clock);
  const relay = new Door(verifier, clock);
  const service = new TableApi(tableName, verifier, clock);
  const deploySecret = (secret: string) => {
    const key = { stage: { S: manifestPartition(stage) }, item: { S: secretItem } };
    service.deploy({ ...key, secret: { S: secret } });
  };
  deploySecret(stageSecretText);
  const calls = new Recorder<string>();
  const server = createAwsEndpoint({
    relay,
    connections: new ConnectionsApi(relay, verifier, clock, (post) => aws.fault(post)),
    dynamodb: {
      answer: async (request): Promise<Answer | undefined> => {
        const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
        calls.add(operation);
        const fault = aws.directoryFault(operation);
        if (fault === 'unavailable') {
          request.resume();
          return jsonAnswer(400, { __type: 'com.amazon#AccessDeniedException', message: 'not today' });
        }
        if (fault === 'table-gone') {
          request.resume();
          const words = 'Requested resource not found';
          return jsonAnswer(400, { __type: 'com.amazon#ResourceNotFoundException', message: words });
        }
        await fault;
        return service.answer(request);
      },
    },
    invoke: { answer: async () => jsonAnswer(404, {}) },
  });
  const url = `http://127.0.0.1:${await listen(server, 0)}`;
  const http = new HttpClient();
  const directory = new Directory({
    endpoint: url,
    region,
    tableName,
    http,
    credentials: () => developer.credentials,
    clock,
  });
  const aws: LocalAws = {
    relayUrl: `${url}/live`,
    developer: developer.credentials,
    stubRole: stub.credentials,
    http,
    directory,
    fault: () => undefined,
    directoryFault: () => undefined,
    calls,
    handshakes: relay.handshakes,
    refuseConnections: (refuse) => {
      relay.closed = refuse;
    },
    items: async () => new Map((await directory.clients(stage)).map((item) => [item.item, item])),
    put: async (item) => void (await directory.call('PutItem', { Item: toItem(item) })),
    deploySecret,
    disconnect: (connectionId) => relay.find(connectionId)?.close(1001, 'Going away'),
    isOpen: (connectionId) => relay.find(connectionId) !== undefined,
    close: async () => {
      relay.close();
      service.close();
      http.close();
      await closeServer(server);
    },
  };
  return aws;
}
