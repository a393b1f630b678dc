// A stage as Terraform leaves it, in an embedded cloud of the test's own, for the built livectl to serve: with a function that
// answers whole, one that streams, and any version's stub and place of the manifest.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestItem, manifestPartition, secretItem } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { RelayPost } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { developerEnvironment } from './developer-environment.ts';
import { project, repository } from './livectl-process.ts';

export const stage = 'dev-tom';

const whole = `
export const handler = async ({ body, rawQueryString }) => {
  if (rawQueryString === 'fail') throw new RangeError('too far');
  return { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: body ?? 'whole of ' + process.env.AWS_LAMBDA_FUNCTION_NAME };
};`;
const streams = `
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain');
  stream.write('one, ');
  for (let i = 0; i < 40; i++) if (!stream.write('x'.repeat(10_000))) await new Promise((go) => stream.once('drain', go));
  stream.end('two');
});`;
const secretKey = { Key: { stage: { S: manifestPartition(stage) }, item: { S: secretItem } } };

export interface Deployed {
  /** Status and body of a function's URL. */
  call(name: string, init?: RequestInit & { query?: string }): Promise<string>;
  readonly environment: Record<string, string>;
  readonly root: string;
  /** What stubs and relay said. */
  readonly log: string[];
  /** Everything that was posted through the relay. */
  readonly posts: RelayPost[];
  readonly terraform: Directory;
  /** An own folder of the test. */
  readonly tempDir: string;
}

/** A stage whose stubs run `stubZip`, and whose manifest is where module 0.1 or a later one puts it. */
export async function deploy(stubZip: Buffer, module: '0.1' | 'later'): Promise<Deployed> {
  const { root, remove } = project({ 'whole.mjs': whole, 'streams.mjs': streams });
  const tempDir = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  const settings = { runtime: 'nodejs22.x', timeout: 10, memorySize: 128, environment: {} };
  const log: string[] = [];
  const posts: RelayPost[] = [];
  const urlOf = (invoke_mode: 'BUFFERED' | 'RESPONSE_STREAM') => ({
    function_url: { authorization_type: 'NONE' as const, invoke_mode },
  });
  const cloud = await startCloud({
    functions: [
      { ...settings, name: 'whole', handler: 'whole.handler', triggers: urlOf('BUFFERED') },
      { ...settings, name: 'streams', handler: 'streams.handler', triggers: urlOf('RESPONSE_STREAM') },
    ],
    port: 0,
    stage,
    stubZip,
    nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
    tempDir,
    onEvent: (event) => log.push(JSON.stringify(event)),
    faults: (post) => {
      posts.push(post);
      return undefined;
    },
  });
  const http = new HttpClient();
  onTestFinished(async () => {
    http.close();
    await cloud.close();
    remove();
    rmSync(tempDir, { recursive: true, force: true });
  });
  const terraform = new Directory({
    endpoint: cloud.directoryUrl,
    region: cloud.region,
    tableName: cloud.tableName,
    http,
    clock: systemClock,
    credentials: () => cloud.deployerCredentials,
  });
  const functions = Object.fromEntries(
    ['whole', 'streams'].map((name) => {
      const { runtime, timeout } = settings;
      const entry = { function_name: name, handler: `${name}.handler`, runtime, timeout, memory_size: 128 };
      return [name, { ...entry, source_dir: '.', command: null, esbuild: null, triggers: {} }];
    }),
  );
  const document = { version: 1, stage, region: cloud.region, relay: { url: cloud.relayUrl }, functions };
  const put = (partition: string, fields: object) =>
    terraform.call('PutItem', {
      Item: {
        stage: { S: partition },
        item: { S: manifestItem },
        document: { S: JSON.stringify({ ...document, ...fields }) },
      },
    });
  // Terraform writes them in this order.
  if (module === 'later') await put(manifestPartition(stage), {});
  else await terraform.call('DeleteItem', secretKey);
  await put(stage, module === 'later' ? { moved_to: manifestPartition(stage) } : {});
  return {
    call: async (name, { query = '', ...init } = {}) => {
      const url = `${cloud.functionUrls.get(name)}${query}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(20_000), ...init });
      return `${response.status} ${await response.text()}`;
    },
    environment: developerEnvironment(cloud),
    root,
    log,
    posts,
    terraform,
    tempDir,
  };
}
