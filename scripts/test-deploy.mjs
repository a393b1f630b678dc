// `make test-deploy`: the quickstart on whatever AWS is configured (a real account, or an emulator with a WebSocket
// data plane through AWS_ENDPOINT_URL): apply, serve, invoke through Lambda's API, destroy. Costs well under a cent.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** The running child process, which Ctrl-C stops. @type {import('node:child_process').ChildProcess | undefined} */
let running;
let interrupted = false;
let destroying = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    say(
      destroying
        ? `${signal}: stopping terraform destroy`
        : `${signal}: stopping, then destroying what was created; once more stops that, too`,
    );
    interrupted = true;
    // Terraform finishes what it has begun and writes its state.
    running?.kill('SIGINT');
  });
}

say(`stage ${stage} in ${region}; until it is destroyed, its state is ${join(example, 'terraform.tfstate')}`);
/** @type {string[]} */
const failures = [];
try {
  await terraform('init', '-input=false');
  await terraform('apply', '-input=false', '-auto-approve', `-var=stage=${stage}`);
  await serveAndInvoke(output('function_name'));
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
}
destroying = true;
if (left().length > 0) {
  try {
    await terraform('destroy', '-input=false', '-auto-approve', `-var=stage=${stage}`);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
}
const stays = left();
if (stays.length === 0) rmSync(work, { recursive: true, force: true });
else {
  failures.push(
    [
      `of stage ${stage}, this stays in ${region} (${stays.length}):`,
      ...stays.map((address) => `  ${address}`),
      'To destroy them, with the same credentials:',
      `  AWS_REGION=${region} terraform -chdir=${example} destroy -var=stage=${stage}`,
      `Then remove ${work}, which has their state.`,
    ].join('\n'),
  );
}
if (interrupted) failures.unshift('interrupted');
// Print all: the first is the reason, and a later one must not hide it.
if (failures.length > 0) fail(failures.join('\ntest-deploy: '), interrupted ? 130 : 1);
say('done: applied, served, invoked, destroyed');

/** Runs a command to its end. Rejects if it fails, or if Ctrl-C came before it. @param {string[]} args */
async function terraform(...args) {
  if (interrupted && !destroying) throw new Error(`terraform ${args[0]} was not run`);
  say(`terraform ${args.join(' ')}`);
  // Outside of the terminal's process group, so that Ctrl-C reaches it only once, through this script.
  running = spawn('terraform', [`-chdir=${example}`, ...args, '-no-color'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const [status, signal] = await once(running, 'exit');
  running = undefined;
  if (status !== 0) throw new Error(`terraform ${args[0]} ended with ${signal ?? `exit code ${status}`}`);
}

/** Addresses in Terraform's state, read from the file, since a state that can't be listed must be kept. */
function left() {
  const file = join(example, 'terraform.tfstate');
  if (!existsSync(file)) return [];
  try {
    /** @type {{ resources: { mode: string, module?: string, type: string, name: string, instances: { index_key?: unknown }[] }[] }} */
    const { resources } = JSON.parse(readFileSync(file, 'utf8'));
    return resources
      .filter(({ mode }) => mode === 'managed')
      .flatMap(({ instances, module, name, type }) =>
        instances.map(({ index_key: key }) =>
          [module, type, name + (key === undefined ? '' : `[${JSON.stringify(key)}]`)]
            .filter(Boolean)
            .join('.'),
        ),
      );
  } catch (error) {
    return [`all that is in ${file}, which can't be read: ${error instanceof Error ? error.message : error}`];
  }
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
  if (interrupted) throw new Error('livectl was not run');
  say(`livectl ${args.join(' ')}`);
  const livectl = spawn(process.execPath, [join(repository, 'dist', 'livectl.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  running = livectl;
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
    running = undefined;
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
 * @param {number} [code]
 * @returns {never}
 */
function fail(text, code = 1) {
  console.error(`test-deploy: ${text}`);
  process.exit(code);
}
