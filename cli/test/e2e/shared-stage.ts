// A stage that a team shares, in an embedded cloud of the test's own: a wrapped function, one that falls back on another function,
// and one that nothing stands in for. Each answers with the words of its code, and livectl's with their own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud, CloudEvent } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository, runLivectl } from './livectl-process.ts';

export const stage = 'dev';

const answering = (words: string) => ({
  'app.mjs': `export const handler = async (event) => ({ statusCode: 200, body: ${JSON.stringify(words)} + (event.rawQueryString ? '?' + event.rawQueryString : '') });`,
});

export class SharedStage {
  readonly cloud: Cloud;
  readonly events: CloudEvent[] = [];
  readonly directory: Directory;
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(cloud: Cloud, events: CloudEvent[], cleanups: (() => unknown)[]) {
    this.cloud = cloud;
    this.events = events;
    this.#cleanups = cleanups;
    const http = new HttpClient();
    cleanups.push(() => http.close());
    this.directory = new Directory({
      endpoint: cloud.directoryUrl,
      region: cloud.region,
      tableName: cloud.tableName,
      http,
      credentials: () => cloud.deployerCredentials,
      clock: systemClock,
    });
  }

  static async start(): Promise<SharedStage> {
    const cleanups: (() => unknown)[] = [];
    const events: CloudEvent[] = [];
    const tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
    cleanups.push(() => rmSync(tempDir, { recursive: true, force: true }));
    const deployed = project(answering('deployed'));
    cleanups.push(deployed.remove);
    const settings = {
      ...{ handler: 'app.handler', runtime: 'nodejs20.x', timeout: 10, memorySize: 128, environment: {} },
      triggers: { function_url: { authorization_type: 'NONE' as const, invoke_mode: 'BUFFERED' as const } },
    };
    const wrap = { execWrapper: undefined, init: 'eager' } as const;
    const real = 'arn:aws:lambda:us-east-1:000000000000:function:real';
    const cloud = await startCloud({
      functions: [
        { ...settings, name: 'orders', wrap },
        { ...settings, name: 'real', wrap },
        {
          ...settings,
          name: 'falls-back',
          environment: { LIVE_DEBUG_FALLBACK_ARN: real },
        },
        { ...settings, name: 'replaced' },
      ],
      port: 0,
      stage,
      patience: 10,
      stubZip: readFileSync(join(repository, 'dist/stub.zip')),
      wrapper: {
        zip: readFileSync(join(repository, 'dist/wrapper.zip')),
        besideZip: readFileSync(join(repository, 'dist/beside.zip')),
        pythonRuntimeFile: join(repository, 'dist/python-runtime.py'),
        deployedCode: async (functionName) => ({
          ...{ functionName, build: 1, taskRoot: deployed.root, handler: 'app.handler' },
          runtime: 'nodejs20.x',
          runner: { kind: 'node', moduleFile: join(deployed.root, 'app.mjs'), exportPath: 'handler' },
        }),
      },
      nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
      tempDir,
      onEvent: (event) => events.push(event),
    });
    cleanups.push(() => cloud.close());
    const shared = new SharedStage(cloud, events, cleanups);
    await shared.putManifest({ understands: ['filters'] });
    return shared;
  }

  /** What the module writes into the table; `stub` is what it says of its stubs. */
  async putManifest(stub: object): Promise<void> {
    const real = 'arn:aws:lambda:us-east-1:000000000000:function:real';
    const entry = (function_name: string, more: object) => ({
      ...{ function_name, handler: 'app.handler', runtime: 'nodejs20.x', timeout: 10, memory_size: 128 },
      ...more,
    });
    const document = JSON.stringify({
      version: 1,
      relay: { url: this.cloud.relayUrl },
      stub: { code_sha256: '', ...stub },
      functions: {
        orders: entry('orders', { mode: 'wrap' }),
        'falls-back': entry('falls-back', { fallback_arn: real }),
        replaced: entry('replaced', {}),
      },
    });
    const item = {
      stage: { S: manifestPartition(stage) },
      item: { S: 'manifest' },
      document: { S: document },
    };
    await this.directory.call('PutItem', { Item: item });
  }

  /** Serves `orders` and `falls-back`, or what `flags` say, with code that answers `words`. */
  serve(words: string, ...flags: string[]): Livectl {
    const { remove, root } = project(answering(words));
    const functions = flags.includes('--function')
      ? []
      : ['--function', 'orders', '--function', 'falls-back'];
    const args = ['serve', '--stage', stage, '--root', root, '--format', 'json', ...functions, ...flags];
    const serve = new Livectl(args, { env: { ...developerEnvironment(this.cloud), USER: words } });
    this.#cleanups.push(remove, () => serve.dispose());
    return serve;
  }

  /** Another command, at its end. */
  livectl(...args: string[]): ReturnType<typeof runLivectl> {
    return runLivectl(args, { env: developerEnvironment(this.cloud) });
  }

  /** Of a request to a function's URL. */
  async call(name: string, headers: Record<string, string> = {}, query = ''): Promise<string> {
    const url = `${this.cloud.functionUrls.get(name)}${query}`;
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) });
    return response.text();
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }
}
