// What Lambda does to an instance of a wrapped Python function beside invoking it: its log's pipe, snapshots, freezing,
// signals and the end of its time.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { useWorld } from '../harness/world.ts';
import { theirLog, usePythonFunctions } from './harness/python-functions.ts';
import { invokedArn } from './harness/recording-runtime-api.ts';

const world = useWorld();
const functions = usePythonFunctions(world);

const code = `
import signal, sys
def bye(*_):
    print("bye", flush=True)
    sys.exit(5)
signal.signal(signal.SIGTERM, bye)
def handler(event, context):
    if event == "fail": raise ValueError("ü")
    return {"deployed": event}
`;

/** Answers each invocation with `"local"`. */
async function serve() {
  const client = await world.serve();
  client.onMessage = ({ message, channel }) => {
    if (message.type === 'invoke') void client.answer({ message, channel }, '"local"');
  };
}

async function wrapped(environment: Record<string, string> = {}) {
  const started = await functions.ready(code, { environment });
  functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile });
  return started;
}

/** Type and text of each message. */
function messagesOf(frames: Buffer): [string, string][] {
  const messages: [string, string][] = [];
  for (let at = 0; at < frames.length; ) {
    const end = at + 16 + frames.readUInt32BE(at + 4);
    messages.push([frames.toString('hex', at, at + 4), frames.toString('utf8', at + 16, end)]);
    at = end;
  }
  return messages;
}

it('leaves the runtime the pipe of its log, and a signal its end', async () => {
  const run = async (layer: null | undefined) => {
    const { api, instance } = await functions.ready(code, { layer, framesLog: true });
    await api.invoke({ id: 'a', event: '"fail"' });
    await api.until(() => api.isWaiting);
    instance.child.kill('SIGTERM');
    const ended = await instance.ended;
    return { ended, log: theirLog(instance), messages: messagesOf(instance.frames) };
  };
  const unwrapped = await run(null);
  expect(unwrapped).toEqual({
    ended: 5,
    log: 'bye\n',
    messages: [['a55a0003', '[ERROR] ValueError: ü']],
  });
  expect(await run(undefined)).toEqual(unwrapped);
});

it('ends with a runtime whose time is up, in an invocation of its own or of a laptop', async () => {
  const client = await world.serve();
  const { api, instance } = await wrapped();
  api.give({ id: 'a', event: '1' });
  await client.next('invoke');
  instance.child.kill('SIGKILL');
  expect(await instance.ended).toBe('SIGKILL');
  expect(api.requests).toEqual([]);
});

const snapStart = { AWS_LAMBDA_INITIALIZATION_TYPE: 'snap-start' };

/** Credentials as an instance with SnapStart gets them: by an address, and not before it is restored. */
async function credentialsServer(): Promise<string> {
  const server: Server = createServer(({ headers, url }, response) => {
    const { accessKeyId, secretAccessKey, sessionToken } = testCredentials;
    const isRight = url === '/credentials?x=1' && headers.authorization === 'a token';
    const body = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken };
    response.writeHead(isRight ? 200 : 403).end(JSON.stringify(isRight ? body : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/credentials?x=1`;
}

it('reads again who serves after a restore from a snapshot, with the new credentials', async () => {
  const environment = {
    ...snapStart,
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_SESSION_TOKEN: '',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: await credentialsServer(),
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'a token',
  };
  const { api, instance } = await functions.start(code, { environment });
  let restore: () => void = () => undefined;
  api.restored = new Promise((resolve) => {
    restore = resolve;
  });
  await api.until(() => api.requests.some(({ path }) => path.endsWith('/restore/next')));
  functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile });
  const client = await world.serve();
  restore();
  const answer = api.invoke({ id: 'a', event: '1' });
  const received = await client.next('invoke');
  expect(received.message.head).toMatchObject({
    arn: invokedArn,
    environment: { AWS_ACCESS_KEY_ID: testCredentials.accessKeyId },
  });
  await client.answer(received, '"local"');
  expect((await answer).body.toString()).toBe('"local"');
  expect(instance.ownLines).toEqual([]);
});

it('passes on the error of a restoration, and the exit code', async () => {
  const failing = `${code}\ndef after_restore(): raise KeyError("none")\n`;
  const run = async (layer: null | undefined) => {
    const { api, instance } = await functions.start(failing, { layer, environment: snapStart });
    const ended = await instance.ended;
    return [
      ended,
      api.requests.map(({ path, body }) => [path, body.toString().replace(/wrapper-test-\w+/, '')]),
    ];
  };
  const unwrapped = await run(null);
  expect(unwrapped[0]).toBe(65);
  expect(await run(undefined)).toEqual(unwrapped);
});

/** The proxy and the runtime. */
function processesAt(address: string, runtime: number): number[] {
  const proxies = readdirSync('/proc').filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`AWS_LAMBDA_RUNTIME_API=${address}\0`);
    } catch {
      return false;
    }
  });
  return [...new Set([...proxies.filter((pid) => /^\d+$/.test(pid)).map(Number), runtime])];
}

it('answers after a freeze in which every other connection was closed', async () => {
  await serve();
  const { api, instance } = await wrapped();
  const bodyOf = async (id: string, event = '1') =>
    (await api.invoke({ id, event })).body.toString().replaceAll(' ', '');
  expect(await bodyOf('a')).toBe('"local"');
  await api.until(() => api.isWaiting);
  const processes = processesAt(api.address, instance.child.pid ?? 0);
  expect(processes.length).toBeGreaterThan(1);
  for (const pid of processes) process.kill(pid, 'SIGSTOP');
  functions.invokeApi.closeConnections();
  api.give({ id: 'b', event: '1' });
  for (const pid of processes) process.kill(pid, 'SIGCONT');
  expect((await api.answerTo('b')).body.toString()).toBe('"local"');
  expect(await bodyOf('c')).toBe('"local"');
  expect(functions.invokeApi.invokes).toBe(3);
});
