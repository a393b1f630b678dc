// A whole embedded cloud for tests, with a small handler in the stub's place and a gate to hold it at.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import type { Cloud, CloudEvent, CloudFunction, CloudOptions } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import type { Outcome } from '../../src/worker/contract.ts';

/** Does what its event says, and tells what it saw. */
const handlerSource = `
if (process.env.FAIL_INIT) throw new RangeError(process.env.FAIL_INIT);
if (process.env.EXIT_INIT) process.exit(7);
if (process.env.HANG_INIT) {
  console.log(process.env.HANG_INIT);
  for (;;);
}
let count = 0;
export async function handler(event, context) {
  count += 1;
  if (event.log) console.log(event.log);
  if (event.gate) await (await fetch(event.gate)).text();
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.throw) throw new TypeError(event.throw);
  if (event.spin) for (;;);
  if (event.environment) return process.env;
  if (event.rawPath) return { statusCode: 200, headers: { 'x-path': event.rawPath }, body: event.body };
  const { awsRequestId, invokedFunctionArn, clientContext } = context;
  return { pid: process.pid, count, event, awsRequestId, invokedFunctionArn, clientContext, trace: process.env._X_AMZN_TRACE_ID };
}
`;

export function deployed(name: string, changes: Partial<CloudFunction> = {}): CloudFunction {
  return {
    name,
    handler: 'src/app.handler',
    runtime: 'python3.12',
    timeout: 3,
    memorySize: 256,
    environment: {},
    triggers: {},
    ...changes,
  };
}

export interface TestCloud {
  readonly cloud: Cloud;
  readonly events: readonly CloudEvent[];
  /** Resolves once an event meets the condition, also one that has come already. */
  event(condition: (event: CloudEvent) => boolean): Promise<CloudEvent>;
  close(): Promise<void>;
}

export async function startTestCloud(
  nodeRuntimeFile: string,
  options: Partial<CloudOptions> = {},
): Promise<TestCloud> {
  const tempDir = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  const events: CloudEvent[] = [];
  const watchers = new Set<() => void>();
  const cloud = await startCloud({
    functions: [deployed('hello')],
    port: 0,
    stage: 'test',
    stubZip: zipSync({ 'index.mjs': strToU8(handlerSource) }),
    nodeRuntimeFile,
    tempDir,
    onEvent: (event) => {
      events.push(event);
      for (const watch of watchers) watch();
    },
    ...options,
  }).catch((error) => {
    rmSync(tempDir, { recursive: true, force: true });
    throw error;
  });
  return {
    cloud,
    events,
    event: (condition) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = events.find(condition);
          if (!found) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
    async close() {
      await cloud.close();
      rmSync(tempDir, { recursive: true, force: true });
    },
  };
}

export async function invoke(cloud: Cloud, event: unknown, name = 'hello'): Promise<Outcome> {
  return cloud.invoke(name, Buffer.from(JSON.stringify(event)));
}

/** The handler's own answer. */
export async function result(answer: Promise<Outcome>) {
  const outcome = await answer;
  if (!outcome.ok) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  return JSON.parse(Buffer.from(outcome.body).toString());
}

export async function errorOf(answer: Promise<Outcome>): Promise<string> {
  const outcome = await answer;
  if (outcome.ok) throw new Error('expected an error');
  return `${outcome.error.errorType}: ${outcome.error.errorMessage}`;
}

/** Holds the answer to each request for its URL until it is opened. */
export class Gate {
  readonly #held: ServerResponse[] = [];
  readonly #server = createServer((_request, response) => {
    this.#held.push(response);
    this.#onArrival();
  });
  #onArrival = () => {};

  static async start(): Promise<Gate> {
    const gate = new Gate();
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** Resolves when so many stand at the gate. */
  arrivals(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onArrival = () => this.#held.length >= count && resolve();
      this.#onArrival();
    });
  }

  /** Lets the first `count` through. */
  open(count = this.#held.length): void {
    for (const response of this.#held.splice(0, count)) response.end();
  }

  close(): Promise<void> {
    this.open();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
