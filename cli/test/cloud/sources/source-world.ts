// The event sources behind a real endpoint, with a recording host in place of Lambda, for the AWS SDK to publish to.
import type { Server } from 'node:http';
import * as v from 'valibot';
import { ManualClock } from '../../../../protocol/test/manual-clock.ts';
import { createDeveloper, region, tableArn } from '../../../src/cloud/aws-api/access.ts';
import { closeServer, jsonAnswer, listen } from '../../../src/cloud/aws-api/loopback-server.ts';
import { SigV4Verifier } from '../../../src/cloud/aws-api/sigv4-verify.ts';
import { createAwsEndpoint } from '../../../src/cloud/aws-endpoint.ts';
import type { CloudEvent } from '../../../src/cloud/cloud.ts';
import { TableApi } from '../../../src/cloud/dynamodb/table-api.ts';
import { EventSources } from '../../../src/cloud/event-sources.ts';
import type { KeptCloud } from '../../../src/cloud/kept-cloud.ts';
import { DurableExecutions } from '../../../src/cloud/lambda/durable/executions.ts';
import { InvokeApi } from '../../../src/cloud/lambda/invoke-api.ts';
import type { InvokeOptions, LambdaHost } from '../../../src/cloud/lambda/lambda-host.ts';
import { Relay } from '../../../src/cloud/relay/relay-server.ts';
import { planSources } from '../../../src/cloud/sources.ts';
import { triggerTargets } from '../../../src/cloud/trigger-targets.ts';
import { triggersSchema } from '../../../src/manifest/trigger-schema.ts';
import type { TriggerTargets } from '../../../src/manifest/trigger-targets.ts';
import { functionError, type Outcome } from '../../../src/worker/contract.ts';
import { Recorder } from '../../session/recorder.ts';
import { deployed } from '../test-cloud.ts';

export type TriggersInput = v.InferInput<typeof triggersSchema>;

/** One invocation that an event source asked for; `answer` settles it. */
export interface Invoked {
  readonly functionName: string;
  // biome-ignore lint/suspicious/noExplicitAny: events have any shape.
  readonly event: any;
  readonly options: InvokeOptions;
  succeed(answer?: unknown): void;
  fail(message?: string): void;
}

export interface SourceWorld {
  readonly clock: ManualClock;
  readonly endpointUrl: string;
  /** What an AWS SDK client is made with. */
  readonly client: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
    readonly maxAttempts: number;
  };
  readonly sources: EventSources;
  readonly told: Recorder<CloudEvent>;
  /** Every invocation, in order. */
  readonly invoked: Recorder<Invoked>;
  targets(functionName: string): TriggerTargets;
  close(): Promise<void>;
}

/**
 * `answer` settles invocations at once; without it the test does. The clock is the machine's at the start, as SDK clients sign with
 * its time; `kept` is what another world has left.
 */
export async function startSources(
  triggers: Readonly<Record<string, TriggersInput>>,
  answer?: (invoked: Invoked) => void,
  { clock = new ManualClock(Date.now()), kept }: { clock?: ManualClock; kept?: KeptCloud } = {},
): Promise<SourceWorld> {
  const functions = Object.entries(triggers).map(([name, each]) =>
    deployed(name, { triggers: v.parse(triggersSchema, each) }),
  );
  const tableName = 'live-debug-local';
  const planned = planSources(functions, 'local');
  const developer = createDeveloper(tableName, 'test', [
    ...planned.flatMap(({ statements }) => statements),
    { actions: ['dynamodb:*'], resources: [tableArn('*')] },
  ]);
  const verifier = new SigV4Verifier(region, [developer], clockOfSignatures);
  const invoked = new Recorder<Invoked>();
  const told = new Recorder<CloudEvent>();
  const host = {
    has: (name: string) => functions.some((each) => each.name === name),
    invoke: (functionName: string, payload: Uint8Array, options: InvokeOptions = {}) =>
      new Promise<Outcome>((resolve) => {
        const invocation: Invoked = {
          functionName,
          event: JSON.parse(Buffer.from(payload).toString()),
          options,
          succeed: (content = null) =>
            resolve({
              ok: true,
              body: Buffer.from(JSON.stringify(content)),
              contentType: 'application/json',
            }),
          fail: (message = 'no') => resolve({ ok: false, error: functionError('TypeError', message) }),
        };
        invoked.add(invocation);
        answer?.(invocation);
      }),
  };
  const relay = new Relay(verifier, clockOfSignatures);
  const dynamodb = new TableApi(tableName, verifier, clockOfSignatures);
  const server: Server = createAwsEndpoint({
    relay,
    dynamodb,
    invoke: { answer: (request, response) => invokeApi.answer(request, response) },
    connections: { answer: async () => jsonAnswer(404, {}) },
    source: (name) => sources.service(name),
  });
  const endpointUrl = `http://127.0.0.1:${await listen(server, 0)}`;
  const sources = await (async () =>
    new EventSources({
      planned,
      host,
      verifier,
      dynamodb,
      clock,
      kept,
      isDeployed: host.has,
      endpointUrl,
      onEvent: (event) => told.add(event),
    }))().catch(async (error: unknown) => {
    dynamodb.close();
    await closeServer(server);
    throw error;
  });
  const lambdaHost = host as unknown as LambdaHost;
  const executions = new DurableExecutions({
    functions,
    host: lambdaHost,
    clock,
    onEvent: (event) => told.add(event),
  });
  const { invocations } = sources;
  const invokeApi = new InvokeApi({
    ...{ host: lambdaHost, executions, invocations, verifier },
    configurationOf: (name) => (lambdaHost.has(name) ? {} : undefined),
  });
  const addresses = {
    stage: 'local',
    endpointUrl,
    functionUrls: new Map<string, string>(),
    ownUrls: new Map<string, string>(),
  };
  const targets = triggerTargets(functions, addresses);
  return {
    clock,
    endpointUrl,
    client: { region, endpoint: endpointUrl, credentials: developer.credentials, maxAttempts: 1 },
    sources,
    told,
    invoked,
    targets(functionName) {
      const found = targets.get(functionName);
      if (!found) throw new Error(`no function ${functionName}`);
      return found;
    },
    async close() {
      sources.close();
      dynamodb.close();
      const closed = closeServer(server);
      relay.close();
      await closed;
    },
  };
}

const clockOfSignatures = { now: () => Date.now(), after: () => ({ cancel() {} }) };
