// [1] The process beside the function's own Node.js runtime: listens as its Runtime API. Started by the wrapper script before the
// runtime is.
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import { onLines, sendLine, type ToProxy } from './control.ts';
import type { Decide } from './decide.ts';
import { reportFault } from './guarded.ts';
import { logLine } from './log-line.ts';
import type { RelayPart } from './relay-part.ts';
import { RuntimeApi } from './runtime-api.ts';
import { RuntimeProxy } from './runtime-proxy.ts';
import {
  beatMs,
  beats,
  controlPort,
  hasStopped,
  hasText,
  isGivenUp,
  isReady,
  proxyPid,
  proxyPort,
  runtimeWaits,
  SharedState,
  token,
} from './shared-state.ts';

/**
 * How long the first invocation waits for the start of relaying, in milliseconds. While the runtime starts, the table is read and,
 * if somebody serves, the relay is connected: usually both before the runtime asks for an invocation, which ends the init.
 */
const startMs = 200;
const lazyStartMs = 2000;

/** The file that the wrapper script has opened. */
const state = new SharedState(9);
const runtimePid = process.ppid;
const isLazy = process.env.LIVE_DEBUG_WRAP_INIT === 'lazy';

// A fault that nothing catches must not end the proxy, and with it the function.
process.on('uncaughtException', reportFault);
process.on('unhandledRejection', reportFault);
// The proxy ends with the runtime's process, which decides what a signal means.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

let beat = 0;
setInterval(() => {
  beat = (beat + 1) % 256;
  state.store(beats, beat);
  if (process.ppid !== runtimePid || state.load(isGivenUp) === 1) process.exit();
}, beatMs).unref();

/** The variables as Lambda set them; the function's own NODE_OPTIONS do not apply to the proxy. */
function functionVariables(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) environment[name] = value;
  if (environment.LIVE_DEBUG_NODE_OPTIONS === '') delete environment.LIVE_DEBUG_NODE_OPTIONS;
  return environment;
}

let relays: RelayPart | undefined;
/** The runtime's process, once it is connected. */
let runtime: Socket | undefined;
let isRelaying = false;
let isNeeded = false;

/** Sends the runtime's process everything that it must know; may be called at any time. */
function tell(): void {
  if (!runtime) return;
  sendLine(runtime, { relays: isRelaying });
  if (isNeeded) sendLine(runtime, { needed: true });
}

/** Loads the relay part; without it, the deployed code answers. */
function load(api: RuntimeApi): void {
  try {
    const { relayPart } = require(join(__dirname, 'node-relay.cjs')) as typeof import('./relay-part.ts');
    relays = relayPart(functionVariables(), api, (is) => {
      isRelaying = is;
      tell();
    });
  } catch (error) {
    const line = { liveDebug: 'the deployed code answers', because: 'the relay part did not load' };
    logLine(`${JSON.stringify({ ...line, why: messageOf(error) })}\n`);
  }
}

/** The bound is longer with lazy init, where no runtime waits for this. */
async function start(api: RuntimeApi): Promise<void> {
  load(api);
  const started = relays?.start().catch(reportFault) ?? Promise.resolve();
  await within(systemClock, isLazy ? lazyStartMs : startMs, started);
}

/** Lambda ends the instance; the runtime's process waits for this. */
async function stop(): Promise<void> {
  await relays?.stop();
  state.store(hasStopped, 1);
}

/** Accepts the connection of the runtime's process; this process ends when it closes. Returns the port. */
async function takeRuntime(): Promise<number> {
  const known = randomBytes(token.bytes).readUIntBE(0, token.bytes);
  state.store(token, known);
  const control = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('close', () => socket === runtime && process.exit());
    onLines(socket, (message: ToProxy) => {
      if (socket === runtime && 'stop' in message) void stop();
      if (socket === runtime) return;
      if (runtime || !('token' in message) || message.token !== known) return void socket.destroy();
      runtime = socket;
      control.close();
      tell();
    });
  });
  await new Promise<void>((resolve, reject) => {
    control.once('error', reject);
    control.listen(0, '127.0.0.1', resolve);
  });
  return (control.address() as AddressInfo).port;
}

/** The address of Lambda's Runtime API, or of a proxy that the function's own wrapper script has started. */
async function runtimeApi(): Promise<string> {
  const { AWS_LAMBDA_RUNTIME_API: address = '', LIVE_DEBUG_EXEC_WRAPPER: theirs = '' } = process.env;
  if (theirs === '') return address;
  while (state.load(hasText) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  return state.text;
}

async function run(): Promise<void> {
  state.store(proxyPid, process.pid);
  state.store(controlPort, await takeRuntime());
  const api = new RuntimeApi(await runtimeApi());
  const decide: Decide = async (taken) => (await relays?.decide(taken)) ?? false;
  let begin: () => void = () => undefined;
  const listens = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const proxy = new RuntimeProxy(api, decide, listens.then(() => start(api)).catch(reportFault));
  proxy.onLeft = (taken) => relays?.deployed.left(taken);
  proxy.onAnswer = (incoming) => relays?.deployed.passing(incoming);
  proxy.onWait = (waits) => state.store(runtimeWaits, Number(waits));
  state.store(proxyPort, await proxy.listen());
  state.store(isReady, 1);
  // Only once the runtime may start: this takes longer than everything above.
  begin();
  if (!isLazy) return;
  await proxy.untilNeeded();
  isNeeded = true;
  tell();
}

run().catch((error: unknown) => {
  reportFault(error);
  state.store(isReady, 2);
  process.exit(1);
});
