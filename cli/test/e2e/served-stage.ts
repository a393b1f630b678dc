// A stage that is deployed elsewhere, here in an embedded cloud of the test's own, which the built livectl reaches as it
// reaches AWS: by endpoint, Region and credentials.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud, RelayFault, RelayPost } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository } from './livectl-process.ts';

export const stage = 'dev-tom';

export const otherCode = 'export const handler = async () => "other";';

const files = {
  'hello.mjs': 'export const handler = async () => "hello from " + process.env.AWS_LAMBDA_FUNCTION_NAME;',
  'layer/nodejs/node_modules/shared/index.js': 'module.exports = "shared";',
  'other.mjs': otherCode,
  'large.mjs':
    'import { randomBytes } from "node:crypto"; export const handler = async ({ bytes }) => ' +
    'randomBytes(bytes * 3 / 4).toString("base64");',
};

/** Functions `hello` and `other`, and `large`, whose stub waits 2 s; their code is in `root`. */
export class ServedStage {
  readonly cloud: Cloud;
  readonly http = new HttpClient();
  readonly root: string;
  /** As a developer sees it. */
  readonly directory: Directory;
  /** What the relay does to a post. */
  fault: (post: RelayPost) => RelayFault | undefined = () => undefined;
  /** As Terraform sees it. */
  readonly #deployed: Directory;
  readonly #cleanups: (() => unknown)[] = [];

  private constructor(start: (fault: (post: RelayPost) => RelayFault | undefined) => Cloud, root: string) {
    this.root = root;
    this.cloud = start((post) => this.fault(post));
    const common = {
      endpoint: this.cloud.directoryUrl,
      region: this.cloud.region,
      tableName: this.cloud.tableName,
      http: this.http,
      clock: systemClock,
    };
    this.directory = new Directory({ ...common, credentials: () => this.cloud.developerCredentials });
    this.#deployed = new Directory({ ...common, credentials: () => this.cloud.deployerCredentials });
  }

  static async start(): Promise<ServedStage> {
    const { remove, root } = project(files);
    const tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
    const settings = { runtime: 'nodejs20.x', timeout: 5, memorySize: 128, environment: {}, triggers: {} };
    let fault: (post: RelayPost) => RelayFault | undefined = () => undefined;
    const cloud = await startCloud({
      functions: [
        { ...settings, name: 'hello', handler: 'hello.handler' },
        { ...settings, name: 'other', handler: 'other.handler' },
        { ...settings, name: 'large', handler: 'large.handler', timeout: 2 },
      ],
      faults: (post) => fault(post),
      port: 0,
      stage,
      stubZip: readFileSync(join(repository, 'dist/stub.zip')),
      nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
      tempDir,
      onEvent: () => undefined,
    });
    const served = new ServedStage((own) => {
      fault = own;
      return cloud;
    }, root);
    served.cleanup(() => rmSync(tempDir, { recursive: true, force: true }));
    served.cleanup(remove);
    served.cleanup(() => cloud.close());
    served.cleanup(() => served.http.close());
    return served;
  }

  /** Runs what was given to `cleanup`, the last first. */
  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }

  cleanup(work: () => unknown): void {
    this.#cleanups.push(work);
  }

  /** What the Terraform module writes into the table; `changes` to the document, `hello` to that function's entry. */
  async putManifest(
    changes: Record<string, unknown> = {},
    hello: Record<string, unknown> = {},
  ): Promise<void> {
    const entry = (name: string) => ({
      function_name: name,
      handler: `${name}.handler`,
      runtime: 'nodejs20.x',
      timeout: 5,
      memory_size: 128,
      source_dir: '.',
      command: null,
      esbuild: null,
      triggers: {},
    });
    const document = {
      version: 1,
      stage,
      region: this.cloud.region,
      relay: { url: this.cloud.relayUrl },
      functions: { hello: { ...entry('hello'), ...hello }, other: entry('other') },
      ...changes,
    };
    const item = { stage: { S: manifestPartition(stage) }, item: { S: 'manifest' }, version: { N: '1' } };
    await this.#deployed.call('PutItem', { Item: { ...item, document: { S: JSON.stringify(document) } } });
  }

  get environment(): Record<string, string> {
    return developerEnvironment(this.cloud);
  }

  serve(flags: readonly string[] = [], env: Record<string, string> = {}): Livectl {
    return this.livectl(['serve', '--stage', stage, '--root', this.root, '--format', 'json', ...flags], env);
  }

  livectl(args: readonly string[], env: Record<string, string> = {}): Livectl {
    const livectl = new Livectl(args, { env: { ...this.environment, ...env } });
    this.cleanup(() => livectl.dispose());
    return livectl;
  }

  /** Status and body of a function's URL. */
  async call(name: string): Promise<string> {
    const url = this.cloud.functionUrls.get(name) ?? '';
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    return `${response.status} ${await response.text()}`;
  }
}
