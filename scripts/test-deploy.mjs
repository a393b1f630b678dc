// `make test-deploy`: the quickstart on whatever AWS is configured (a real account, or an emulator with a WebSocket
// data plane through AWS_ENDPOINT_URL): apply, serve, invoke through Lambda's API, destroy. Costs well under a cent.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { AwsClient } from 'aws4fetch';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
const stage = `livectl-test-${process.pid}`;
const readyWithinMs = 60_000;

if (!region) fail('set AWS_REGION to the Region to deploy to');
if (spawnSync('terraform', ['version']).status !== 0) fail('terraform is not on the PATH');

// A copy, so that no lock file and no state is left in the example.
const work = mkdtempSync(join(tmpdir(), 'livectl-deploy-'));
const example = join(work, 'examples', 'quickstart');
const module = join('terraform', 'modules', 'live-debug');
cpSync(join(repository, 'examples', 'quickstart'), example, { recursive: true });
cpSync(join(repository, module), join(work, module), { recursive: true });

let failure;
try {
  terraform('init', '-input=false');
  terraform('apply', '-input=false', '-auto-approve', `-var=stage=${stage}`);
  const functionName = output('function_name');
  await serveAndInvoke(functionName);
} catch (error) {
  failure = error;
} finally {
  terraform('destroy', '-input=false', '-auto-approve', `-var=stage=${stage}`);
  rmSync(work, { recursive: true, force: true });
}
if (failure) fail(failure instanceof Error ? failure.message : String(failure));
say('done: applied, served, invoked, destroyed');

/** @param {string[]} args */
function terraform(...args) {
  say(`terraform ${args.join(' ')}`);
  const { status } = spawnSync('terraform', [`-chdir=${example}`, ...args, '-no-color'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`terraform ${args[0]} ended with exit code ${status}`);
}

/** @param {string} name */
function output(name) {
  const { stdout } = spawnSync('terraform', [`-chdir=${example}`, 'output', '-raw', name], {
    encoding: 'utf8',
  });
  return stdout.trim();
}

/** @param {string} functionName */
async function serveAndInvoke(functionName) {
  const args = ['serve', '--stage', stage, '--root', example, '--format', 'json'];
  say(`livectl ${args.join(' ')}`);
  const livectl = spawn(process.execPath, [join(repository, 'dist', 'livectl.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(livectl, 'exit');
  try {
    await ready(livectl);
    const event = { queryStringParameters: { name: 'ada' } };
    for (const which of ['cold', 'warm', 'warm']) {
      const startedAt = performance.now();
      const answer = await invoke(functionName, event);
      say(`${which} invocation answered in ${Math.round(performance.now() - startedAt)} ms: ${answer}`);
      if (!answer.includes('ada')) throw new Error('that is not the answer of the local code');
    }
  } finally {
    livectl.kill('SIGINT');
    await ended;
  }
}

/** @param {import('node:child_process').ChildProcess} livectl */
async function ready(livectl) {
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (livectl.stdout) });
  const timer = setTimeout(() => livectl.kill('SIGINT'), readyWithinMs);
  try {
    for await (const line of lines) {
      say(line);
      if (line.includes('"event":"ready"')) return;
    }
  } finally {
    clearTimeout(timer);
    livectl.stdout?.resume();
  }
  throw new Error('livectl ended, or was not ready within a minute');
}

/**
 * @param {string} functionName
 * @param {unknown} event
 */
async function invoke(functionName, event) {
  const endpoint =
    process.env.AWS_ENDPOINT_URL_LAMBDA ??
    process.env.AWS_ENDPOINT_URL ??
    `https://lambda.${region}.amazonaws.com`;
  const { accessKeyId, secretAccessKey, sessionToken } = await defaultProvider()();
  const client = new AwsClient({ accessKeyId, secretAccessKey, sessionToken, region, service: 'lambda' });
  const response = await client.fetch(`${endpoint}/2015-03-31/functions/${functionName}/invocations`, {
    method: 'POST',
    body: JSON.stringify(event),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok || response.headers.has('x-amz-function-error'))
    throw new Error(`Lambda answered: ${text}`);
  return text;
}

/** @param {string} text */
function say(text) {
  console.log(`· ${text}`);
}

/**
 * @param {string} text
 * @returns {never}
 */
function fail(text) {
  console.error(`test-deploy: ${text}`);
  process.exit(1);
}
