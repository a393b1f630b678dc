// The AWS SDK's part of `trigger` and `invoke`. Bundled separately and embedded compressed (scripts/build.mjs), so that no other
// command pays for loading seven clients; load-aws-calls.ts unpacks it.
import type { Agent } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import {
  DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
  type PutItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsCommandInput,
  type PutEventsCommandOutput,
} from '@aws-sdk/client-eventbridge';
import {
  KinesisClient,
  PutRecordCommand,
  type PutRecordCommandInput,
  type PutRecordCommandOutput,
} from '@aws-sdk/client-kinesis';
import {
  InvokeCommand,
  type InvokeCommandInput,
  type InvokeCommandOutput,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import {
  PutObjectCommand,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  PublishCommand,
  type PublishCommandInput,
  type PublishCommandOutput,
  SNSClient,
} from '@aws-sdk/client-sns';
import {
  SendMessageCommand,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsCredentials } from '../../../protocol/signature.ts';

/** The services that are called, named as the SDK's clients. */
export type AwsService = 'dynamodb' | 'eventbridge' | 'kinesis' | 'lambda' | 's3' | 'sns' | 'sqs';

/** How to reach one service. */
export interface AwsConnection {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** `--profile`: its `endpoint_url` and other settings apply. */
  readonly profile: string | undefined;
  /** An emulator's, or the local cloud's; undefined lets the SDK find AWS's. */
  readonly endpoint: string | undefined;
  /** The agent for requests through a proxy, if one applies. */
  readonly agent: Agent | undefined;
}

/** One method per call of the SDK; rejects with its exceptions. */
export interface AwsCalls {
  publish(input: PublishCommandInput): Promise<PublishCommandOutput>;
  sendMessage(input: SendMessageCommandInput): Promise<SendMessageCommandOutput>;
  putEvents(input: PutEventsCommandInput): Promise<PutEventsCommandOutput>;
  putObject(input: PutObjectCommandInput): Promise<PutObjectCommandOutput>;
  putItem(input: PutItemCommandInput): Promise<PutItemCommandOutput>;
  putRecord(input: PutRecordCommandInput): Promise<PutRecordCommandOutput>;
  invoke(input: InvokeCommandInput): Promise<InvokeCommandOutput>;
}

const connectBoundMs = 10_000;
const answerBoundMs = 30_000;
/** Lambda's maximum timeout is 900 s, also for the stub. */
const invokeBoundMs = 910_000;

/** The calls of one run. `connect` is called once for each service that is used, with the Region of the resource. */
export function awsCalls(connect: (service: AwsService) => AwsConnection): AwsCalls {
  return {
    publish: (input) => new SNSClient(config(connect('sns'))).send(new PublishCommand(input)),
    sendMessage: (input) =>
      // An emulator's queue URL may contain a host that only it knows, so the requested endpoint is used.
      new SQSClient({ ...config(connect('sqs')), useQueueUrlAsEndpoint: false }).send(
        new SendMessageCommand(input),
      ),
    putEvents: (input) =>
      new EventBridgeClient(config(connect('eventbridge'))).send(new PutEventsCommand(input)),
    putObject: (input) => {
      const connection = connect('s3');
      const client = new S3Client({
        ...config(connection),
        // Emulators serve all buckets at one host.
        forcePathStyle: connection.endpoint !== undefined,
        // Otherwise the SDK sends a checksum in a trailer, which not all emulators support.
        requestChecksumCalculation: 'WHEN_REQUIRED',
      });
      return client.send(new PutObjectCommand(input));
    },
    putItem: (input) => new DynamoDBClient(config(connect('dynamodb'))).send(new PutItemCommand(input)),
    // By default the SDK uses HTTP/2 for Kinesis, which neither proxies nor emulators support.
    putRecord: (input) => new KinesisClient(config(connect('kinesis'))).send(new PutRecordCommand(input)),
    invoke: (input) => {
      // A retry would run the function twice.
      const client = new LambdaClient({ ...config(connect('lambda'), invokeBoundMs), maxAttempts: 1 });
      return client.send(new InvokeCommand(input));
    },
  };
}

function config(connection: AwsConnection, requestTimeout = answerBoundMs) {
  const { agent, credentials, endpoint, profile, region } = connection;
  return {
    region,
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    },
    ...(profile === undefined ? {} : { profile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connectBoundMs,
      requestTimeout,
      // Without it, `requestTimeout` only warns.
      throwOnRequestTimeout: true,
      ...(agent === undefined ? {} : { httpAgent: agent, httpsAgent: agent as SecureAgent }),
    }),
  };
}
