// Stages where one end is still of version 0.1.0: its real stub against the built livectl, and its real `serve --stage`
// against the built stub. fixtures/livectl-0.1.0/README.md says where they come from.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestItem, manifestPartition, secretItem } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { noise } from '../../../protocol/test/payloads.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { Livectl, project, repository, runLivectl } from './livectl-process.ts';

const stage = 'dev-tom';
const fixtures = join(repository, 'cli/test/e2e/fixtures/livectl-0.1.0');

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
const notFound = { Key: { stage: { S: manifestPartition(stage) }, item: { S: secretItem } } };

interface Deployed {
  /** Status and body of a function's URL. */
  call(name: string, init?: RequestInit & { query?: string }): Promise<string>;
  readonly environment: Record<string, string>;
  readonly root: string;
  /** What stubs and relay said. */
  readonly log: string[];
  readonly terraform: Directory;
  /** An own folder of the test. */
  readonly tempDir: string;
}

/** A stage whose stubs run `stubZip`, and whose manifest is where module 0.1 or a later one puts it. */
async function deploy(stubZip: Buffer, module: '0.1' | 'later'): Promise<Deployed> {
  const { root, remove } = project({ 'whole.mjs': whole, 'streams.mjs': streams });
  const tempDir = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  const settings = { runtime: 'nodejs22.x', timeout: 10, memorySize: 128, environment: {} };
  const log: string[] = [];
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
  });
  const http = new HttpClient();
  onTestFinished(async () => {
    http.close();
    await cloud.close();
    remove();
    rmSync(tempDir, { recursive: true, force: true });
  });
  const { accessKeyId, secretAccessKey, sessionToken } = cloud.developerCredentials;
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
  else await terraform.call('DeleteItem', notFound);
  await put(stage, module === 'later' ? { moved_to: manifestPartition(stage) } : {});
  return {
    call: async (name, { query = '', ...init } = {}) => {
      const url = `${cloud.functionUrls.get(name)}${query}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(20_000), ...init });
      return `${response.status} ${await response.text()}`;
    },
    environment: {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_REGION: cloud.region,
      AWS_ENDPOINT_URL: cloud.endpointUrl,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    root,
    log,
    terraform,
    tempDir,
  };
}

/** Answers, errors, streamed and large ones, as an invocation after the other has them. */
async function expectServed({ call }: Deployed): Promise<void> {
  expect(await call('whole')).toBe('200 whole of whole');
  expect(await call('whole', { query: '?fail' })).toMatch(/^502 /);
  expect(await call('streams')).toBe(`200 one, ${'x'.repeat(400_000)}two`);
  // In base64 it compresses to three quarters: more than one message can hold, in both directions.
  const body = noise(3_000_000, 1).toString('base64');
  const headers = { 'content-type': 'text/plain' };
  const echoed = await call('whole', { method: 'POST', body, headers });
  expect(echoed.length).toBe(body.length + 4);
  expect(echoed.endsWith(body)).toBe(true);
}

test('a stub of 0.1.0 is served in its way where the whole stage is of module 0.1, and livectl says what that means', async () => {
  const deployed = await deploy(readFileSync(join(fixtures, 'stub.zip')), '0.1');
  const { environment: env, root } = deployed;
  const livectl = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], { env });
  onTestFinished(() => livectl.dispose());
  await livectl.event('ready');
  const warning = await livectl.event('notice', ({ message }) => message.includes('module 0.1'));
  expect(warning.message).toBe(
    'stage dev-tom is of module 0.1, whose invocations cannot prove that they are the stage’s: anyone who holds a stub’s credentials can send them; apply module 0.2',
  );
  await expectServed(deployed);
  const failed = await livectl.event('result', ({ ok }) => !ok);
  expect(failed).toMatchObject({ function: 'whole', error: { message: 'too far' } });
  expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
  expect(deployed.log.filter((line) => line.includes('dropped'))).toEqual([]);

  const status = await runLivectl(['status', '--stage', stage, '--format', 'json'], { env });
  expect(JSON.parse(status.stdout)).toMatchObject({ stage, module: '0.1' });
  const shown = await runLivectl(['status', '--stage', stage], { env });
  expect(shown.stdout).toContain('  module     0.1: its invocations cannot prove that they are the stage’s');
});

test('livectl 0.1.0 goes on with a stage of the later module: a stub seals for it as 0.1 did, and logs that once', async () => {
  const deployed = await deploy(readFileSync(join(repository, 'dist/stub.zip')), 'later');
  const { environment: env, log, root, tempDir } = deployed;
  const program = join(tempDir, 'serve-stage.mjs');
  writeFileSync(program, brotliDecompressSync(readFileSync(join(fixtures, 'serve-stage.mjs.br'))));
  const livectl = new Livectl([stage, root], { env, program });
  onTestFinished(() => livectl.dispose());
  await livectl.event('ready');
  await expectServed(deployed);
  const failed = await livectl.event('result', ({ ok }) => !ok);
  expect(failed).toMatchObject({ function: 'whole', error: { message: 'too far' } });
  expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
  const said = log.filter((line) => line.includes('without the stage'));
  expect(said).toHaveLength(2);
  expect(log.filter((line) => line.includes('dropped'))).toEqual([]);
  const status = await runLivectl(['status', '--stage', stage, '--format', 'json'], { env });
  expect(JSON.parse(status.stdout)).toMatchObject({ clients: [{ version: '0.1.0' }] });
  expect(JSON.parse(status.stdout)).not.toHaveProperty('module');

  // Somebody with a later one takes over; the old one ends as it does, and nothing is sent unproven any more.
  const later = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], { env });
  onTestFinished(() => later.dispose());
  await later.event('ready');
  expect(await livectl.exited).toBe(3);
  await expectServed(deployed);
  expect(log.filter((line) => line.includes('without the stage'))).toHaveLength(2);
});
