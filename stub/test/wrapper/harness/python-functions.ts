// Wrapped Python functions of one test file, each at a Runtime API of the test's, and the Lambda API that their wrappers
// invoke: behind it the stub as it is shipped.
import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type Lambda, stubEnvironment } from '../../harness/lambda.ts';
import type { World } from '../../harness/world.ts';
import { type Instance, layerFolder, repository } from './instance.ts';
import { type Options, type Started, useInstances } from './instances.ts';

/** The interpreter itself, as Lambda gives it to a wrapper script: not the launcher of a version manager. */
export const python = execFileSync(
  process.env.LIVECTL_TEST_PYTHON ?? 'python3',
  ['-c', 'import sys; print(sys.executable)'],
  { encoding: 'utf8' },
).trim();
/** As Lambda's own client, and livectl's. */
export const lambdaRuntime = join(repository, 'stub/test/wrapper/fixtures/lambda-runtime.py');
export const livectlRuntime = join(repository, 'dist/python-runtime.py');

export const stubName = 'live-debug-dev-ada-hello';

/** The Lambda API, as far as a wrapper uses it. */
export class InvokeApi {
  /** How often a function was invoked. */
  invokes = 0;
  /** Takes the place of the stub; a handler that returns true has answered. */
  instead: (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean = () => false;
  stub: Lambda | undefined;
  #listening: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #server: Server = createServer((request, response) => {
    // Whoever invoked it has gone, or the stub has.
    this.#take(request, response).catch(() => response.destroy());
  });

  start(): Promise<void> {
    this.#listening ??= new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.#listening;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  closeConnections(): void {
    this.#server.closeAllConnections();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    this.invokes += 1;
    if (this.instead(request, response, body)) return;
    if (request.url !== `/2015-03-31/functions/${stubName}/invocations` || !this.stub) {
      response.writeHead(404, { 'x-amzn-ErrorType': 'ResourceNotFoundException' }).end('{}');
      return;
    }
    const { stub } = this;
    // One instance has one invocation at a time.
    const invoked = this.#turn.then(() => stub.invokeText(body.toString()));
    this.#turn = invoked.catch(() => undefined);
    const outcome = await invoked;
    if (outcome.ok) response.writeHead(200).end(outcome.text);
    else response.writeHead(200, { 'X-Amz-Function-Error': 'Unhandled' }).end(JSON.stringify(outcome.error));
  }
}

export interface PythonFunctions {
  folder(files: Readonly<Record<string, string>>): string;
  /** The Lambda API of this test. */
  readonly invokeApi: InvokeApi;
  /** A function whose deployed code is this; `layer: null` runs it unwrapped. */
  start(code: string, options?: Options & { readonly runtime?: string }): Promise<Started>;
  /** The same once its runtime waits for an invocation. */
  ready(code: string, options?: Options & { readonly runtime?: string }): Promise<Started>;
}

/** Call at the top of a test file. */
export function usePythonFunctions(world: World | undefined): PythonFunctions {
  const instances = useInstances();
  let invokeApi: InvokeApi | undefined;
  afterEach(() => {
    invokeApi?.close();
    invokeApi = undefined;
  });
  const optionsOf = async (
    code: string,
    { runtime = lambdaRuntime, ...options }: Options & { runtime?: string },
  ) => {
    invokeApi ??= new InvokeApi();
    await invokeApi.start();
    const there = world
      ? stubEnvironment(world.relay.url(), world.table.endpoint)
      : stubEnvironment('http://127.0.0.1:9/live', 'http://127.0.0.1:9');
    const ours = {
      ...there,
      LIVE_DEBUG_STUB_FUNCTION: stubName,
      AWS_ENDPOINT_URL_LAMBDA: invokeApi.url,
    };
    const unwrapped = Object.fromEntries(
      Object.entries(ours).filter(([name]) => !name.startsWith('LIVE_DEBUG_')),
    );
    return {
      taskRoot: instances.folder({ 'app.py': code }),
      command: [python, runtime],
      ...options,
      environment: {
        AWS_EXECUTION_ENV: 'AWS_Lambda_python3.12',
        PYTHONDONTWRITEBYTECODE: '1',
        ...(options.layer === null ? unwrapped : ours),
        ...options.environment,
      },
    };
  };
  return {
    folder: instances.folder,
    get invokeApi() {
      if (!invokeApi) throw new Error('no function was started');
      return invokeApi;
    },
    start: async (code, options = {}) => instances.start(await optionsOf(code, options)),
    ready: async (code, options = {}) => instances.ready(await optionsOf(code, options)),
  };
}

/** What the log has but for our own lines. */
export function theirLog({ stdout }: Instance): string {
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('{"liveDebug"'))
    .join('\n');
}

export { layerFolder };
