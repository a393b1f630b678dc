// A stage with functions that read batches, wrapped and replaced, in an embedded cloud of the test's own; what each of them and each
// developer's livectl took, record by record.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud, CloudEvent, CloudFunction } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { triggersSchema } from '../../src/manifest/trigger-schema.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository } from './livectl-process.ts';

const stage = 'dev';
const real = 'arn:aws:lambda:us-east-1:000000000000:function:real';

/** How a function is live; a replaced one falls back on another function. */
export type Mode = 'node' | 'python' | 'replaced';

/** One invocation of somebody's code. */
export interface Took {
  /** The function whose batch it was. */
  readonly of: string;
  readonly who: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ids: readonly string[];
}

/** Says what it got, and reports a record whose id ends in "fails" when it comes for the first time. */
const nodeCode = (who: string) => `
const seen = new Set();
const idOf = (record) => record.kinesis ? JSON.parse(Buffer.from(record.kinesis.data, 'base64')).id
  : record.dynamodb ? record.dynamodb.NewImage.id.S : record.body;
export const handler = async (event) => {
  const ids = event.Records.map(idOf);
  const [first] = event.Records;
  console.log('took ' + JSON.stringify({ who: ${JSON.stringify(who)}, of: first.eventSourceARN, at: Date.now(), ids }));
  const failed = [];
  for (const [index, record] of event.Records.entries()) {
    const isFirst = record.attributes ? record.attributes.ApproximateReceiveCount === '1' : !seen.has(ids[index]);
    seen.add(ids[index]);
    // What keeps an order ends at its first failure.
    if (isFirst && ids[index].endsWith('fails') || failed.length > 0 && !record.attributes)
      failed.push(record.messageId ?? record.kinesis?.sequenceNumber ?? record.dynamodb.SequenceNumber);
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
};
`;

const pythonCode = (who: string) => `
import base64, json, time
seen = set()

def id_of(record):
    if "kinesis" in record: return json.loads(base64.b64decode(record["kinesis"]["data"]))["id"]
    return record["dynamodb"]["NewImage"]["id"]["S"] if "dynamodb" in record else record["body"]

def handler(event, context):
    ids = [id_of(record) for record in event["Records"]]
    took = {"who": ${JSON.stringify(who)}, "of": event["Records"][0]["eventSourceARN"], "at": int(time.time() * 1000), "ids": ids}
    print("took " + json.dumps(took))
    failed = []
    for record, name in zip(event["Records"], ids):
        attributes = record.get("attributes")
        first = attributes["ApproximateReceiveCount"] == "1" if attributes else name not in seen
        seen.add(name)
        if first and name.endswith("fails") or failed and not attributes:
            failed.append(record.get("messageId") or record.get("kinesis", {}).get("sequenceNumber") or record["dynamodb"]["SequenceNumber"])
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
`;

const code = (who: string) => ({ 'app.mjs': nodeCode(who), 'app.py': pythonCode(who) });

export class SharedBatches {
  readonly cloud: Cloud;
  readonly took: Took[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #cleanups: (() => unknown)[];
  readonly #serving: Livectl[] = [];

  private constructor(cloud: Cloud, cleanups: (() => unknown)[]) {
    this.cloud = cloud;
    this.#cleanups = cleanups;
  }

  /** `functions`: triggers as in livectl.json, by name; a name begins with its mode. */
  static async start(functions: Readonly<Record<string, object>>): Promise<SharedBatches> {
    const cleanups: (() => unknown)[] = [];
    const tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
    cleanups.push(() => rmSync(tempDir, { recursive: true, force: true }));
    const deployed = project(code('deployed'));
    cleanups.push(deployed.remove);
    const all: CloudFunction[] = Object.entries({ ...functions, 'node-real': {} }).map(([name, triggers]) => {
      const [mode] = name.split('-');
      return {
        name: name === 'node-real' ? 'real' : name,
        ...{ handler: 'app.handler', timeout: 10, memorySize: 128 },
        runtime: mode === 'python' ? 'python3.12' : 'nodejs20.x',
        environment: mode === 'replaced' ? { LIVE_DEBUG_FALLBACK_ARN: real } : {},
        wrap: mode === 'replaced' ? undefined : { execWrapper: undefined, init: 'eager' },
        triggers: v.parse(triggersSchema, triggers),
      };
    });
    const early: CloudEvent[] = [];
    let onEvent = (event: CloudEvent) => void early.push(event);
    const cloud = await startCloud({
      functions: all,
      port: 0,
      stage,
      patience: 10,
      stubZip: readFileSync(join(repository, 'dist/stub.zip')),
      wrapper: {
        zip: readFileSync(join(repository, 'dist/wrapper.zip')),
        besideZip: readFileSync(join(repository, 'dist/beside.zip')),
        pythonRuntimeFile: join(repository, 'dist/python-runtime.py'),
        deployedCode: async (functionName) => {
          const built = { functionName, build: 1, taskRoot: deployed.root, handler: 'app.handler' };
          if (functionName.startsWith('python'))
            return { ...built, runtime: 'python3.12', runner: { kind: 'python', interpreter: 'python3' } };
          const moduleFile = join(deployed.root, 'app.mjs');
          return {
            ...built,
            runtime: 'nodejs20.x',
            runner: { kind: 'node', moduleFile, exportPath: 'handler' },
          };
        },
      },
      nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
      tempDir,
      onEvent: (event) => onEvent(event),
    });
    cleanups.push(() => cloud.close());
    const shared = new SharedBatches(cloud, cleanups);
    onEvent = (event) => {
      if ('message' in event && typeof event.message === 'string') shared.#take(event.message);
      shared.#wake();
    };
    await shared.#putManifest(all);
    return shared;
  }

  async #putManifest(all: readonly CloudFunction[]): Promise<void> {
    const { relayUrl, directoryUrl: endpoint, region, tableName, deployerCredentials } = this.cloud;
    const http = new HttpClient();
    this.#cleanups.push(() => http.close());
    const credentials = () => deployerCredentials;
    const directory = new Directory({ endpoint, region, tableName, http, credentials, clock: systemClock });
    const document = JSON.stringify({
      version: 1,
      relay: { url: relayUrl },
      stub: { code_sha256: '', understands: ['filters'] },
      functions: Object.fromEntries(
        all.map(({ name, handler, memorySize, runtime, timeout, wrap }) => [
          name,
          {
            ...{ function_name: name, handler, runtime, timeout, memory_size: memorySize },
            ...(wrap ? { mode: 'wrap' } : { fallback_arn: real }),
          },
        ]),
      ),
    });
    const item = {
      ...{ stage: { S: manifestPartition(stage) }, item: { S: 'manifest' } },
      document: { S: document },
    };
    await directory.call('PutItem', { Item: item });
  }

  /** A developer who serves what has their mark, once ready. */
  async serve(who: string): Promise<Livectl> {
    const { remove, root } = project(code(who));
    const only = ['--only', `attribute:dev=${who}`, '--only', `detail:dev=${who}`];
    const args = ['serve', '--stage', stage, '--root', root, '--format', 'json', ...only];
    const livectl = new Livectl(args, { env: { ...developerEnvironment(this.cloud), USER: who } });
    this.#serving.push(livectl);
    // Once its own reader has taken the line.
    livectl.child.stdout?.on('data', () => setImmediate(() => this.#wake()));
    this.#cleanups.push(remove, () => livectl.dispose());
    await livectl.event('ready');
    return livectl;
  }

  /** Everything that was taken of a function's batches, in order of time. */
  takenOf(functionName: string): Took[] {
    const local = this.#serving.flatMap(({ events }) =>
      events.flatMap((event) => (event.event === 'log' ? (tookIn(event.message) ?? []) : [])),
    );
    // Of DynamoDB, the stream's name follows the table's.
    const isIts = ({ of }: Took) =>
      of
        .replace(/\.fifo$/, '')
        .split(/[:/]/)
        .includes(`live-debug-${stage}-${functionName}`);
    return [...this.took, ...local].filter(isIts).sort((one, other) => one.at - other.at);
  }

  /** Resolves once it holds; looked at whenever anybody took something. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  #take(message: string): void {
    const took = tookIn(message);
    if (took) this.took.push(took);
  }

  #wake(): void {
    for (const look of [...this.#watchers]) look();
  }
}

function tookIn(message: string): Took | undefined {
  const [, words] = /took (\{.*\})/.exec(message) ?? [];
  return words === undefined ? undefined : (JSON.parse(words) as Took);
}
