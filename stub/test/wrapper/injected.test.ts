// A bug of ours in each step: the deployed code answers all the same, unless a client may have begun.
import { describe, expect, it } from 'vitest';
import { changedLayer } from './harness/changed-layer.ts';
import type { Options, Started } from './harness/instances.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();

/** A file, and the line of it after which an exception is thrown. */
const steps: [string, string][] = [
  ['stub/src/settings.ts', 'export function readSettings(environment: NodeJS.ProcessEnv): StubSettings {'],
  [
    'stub/src/function-environment.ts',
    'export function functionEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {',
  ],
  ['stub/src/wrapper/runtime-proxy.ts', 'async listen(): Promise<number> {'],
  [
    'stub/src/wrapper/relayed.ts',
    'async answer(invocation: Invocation, stream?: LambdaStream): Promise<Answer | undefined> {',
  ],
  ['stub/src/wrapper/way.ts', 'async get(boundMs: number): Promise<T | undefined> {'],
  [
    'stub/src/wrapper/decide.ts',
    'function invocationOf(message: IncomingMessage, event: Buffer, nowMs: number): Invocation {',
  ],
  ['stub/src/client-directory.ts', 'async look(): Promise<boolean> {'],
  ['stub/src/client-directory.ts', 'async #read(): Promise<void> {'],
  ['stub/src/stub-socket.ts', 'async get(): Promise<RelaySocket> {'],
  ['stub/src/conversations.ts', '): Promise<Answer> {'],
  ['stub/src/exchange.ts', 'async run(): Promise<Answer> {'],
  ['stub/src/patience.ts', 'export function patienceOf(totalMs: number, eventBytes: number): Patience {'],
  ['stub/src/wrapper/unbegun.ts', 'tooSlow: (exchange: Exchange) => {'],
  ['stub/src/outgoing.ts', 'const untilMs = this.#clock.now() + boundMs;'],
  ['protocol/signature.ts', 'sign('],
  ['stub/src/wrapper/relay-part.ts', '): RelayPart'],
  ['stub/src/wrapper/proxy-process.ts', 'function load('],
];

const layerWith = (file: string, line: string, code?: string) =>
  changedLayer(world.folder({}), [{ file, line, ...(code === undefined ? {} : { code }) }]);

/** Of one instance, as long as it runs. */
const answered = async ({ api }: Started, ids: readonly string[]) => {
  const answers: string[] = [];
  for (const id of ids) answers.push((await api.invoke({ id, event: '1' })).body.toString());
  return answers;
};

describe('an exception in', () => {
  it.each(steps)('%s: %s', async (file, line) => {
    const client = await world.serve();
    answerAll(client, () => '"local"');
    const { api, instance } = await world.wrapped({ layer: await layerWith(file, line) });
    expect(await answered({ api, instance }, ['a', 'b'])).toEqual(Array(2).fill('{"deployed":1}'));
    expect(JSON.stringify(instance.ownLines)).toContain('injected');
    expect(client.received).toEqual([]);
  });

  it('the start beside the runtime: the way is tried again with the invocation', async () => {
    answerAll(await world.serve(), () => '"local"');
    const layer = await layerWith('stub/src/wrapper/relayed.ts', 'async start(): Promise<void> {');
    const { api, instance } = await world.wrapped({ layer });
    // By the laptop where the way is there in time.
    for (const id of ['a', 'b'])
      expect(['"local"', '{"deployed":1}']).toContain((await api.invoke({ id, event: '1' })).body.toString());
    expect(JSON.stringify(instance.ownLines)).toContain('injected');
  });
});

/** Steps after which a client may have begun. */
const begun: [string, string][] = [
  ['stub/src/outgoing.ts', 'await this.#poster.post(item.connectionId, texts, untilMs, journey);'],
  ['protocol/relay-post.ts', 'const response = await http.send(sent);'],
  ['stub/src/exchange.ts', 'async receive({ header, headerText, sealed }: SealedChunk): Promise<void> {'],
  ['stub/src/exchange.ts', '#take(message: AnyMessage, from: Client): void {'],
  ['stub/src/signals.ts', 'put(signal: Signal): void {'],
  ['stub/src/signals.ts', 'async next(boundMs: number): Promise<Signal | undefined> {'],
  ['stub/src/conversations.ts', '...(otherwise ? [otherwise.tooSlow(exchange)] : []),\n      ]);'],
  ['stub/src/wrapper/decide.ts', 'async function postAnswer('],
  ['stub/src/wrapper/relayed.ts', 'finally {'],
];

describe('an exception after the invocation has left', () => {
  it.each(begun)('%s: %s', async (file, line) => {
    const client = await world.serve();
    answerAll(client, () => '"local"');
    const { api, instance } = await world.wrapped({ layer: await layerWith(file, line) });
    const answer = await api.invoke({ id: 'a', event: '1', timeoutMs: 1200 });
    await client.next('invoke');
    expect(answer.path).toMatch(/error$/);
    expect(answer.body.toString()).not.toContain('deployed');
    // It is told that nobody waits, in case that it has not begun.
    if (file === 'stub/src/conversations.ts') await client.next('cancel');
    await api.until(() => api.isWaiting);
    expect(api.requests).toHaveLength(1);
    expect(JSON.stringify(instance.ownLines) + answer.body).toContain('injected');
  });

  it('that leaves neither an answer nor an error to be sent ends the runtime, and with it the invocation', async () => {
    answerAll(await world.serve(), () => '"local"');
    const layer = await layerWith('stub/src/wrapper/runtime-api.ts', 'post(path: string');
    const { api, instance } = await world.wrapped({ layer });
    api.give({ id: 'a', event: '1' });
    expect(await instance.ended).toBe(1);
    expect(api.requests).toEqual([]);
    expect(JSON.stringify(instance.ownLines)).toContain('injected');
  });
});

const streaming = `
  exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    stream.setContentType('text/plain');
    stream.write('first,');
    await new Promise((resolve) => setImmediate(resolve));
    if (event.fails) throw Object.assign(new TypeError('half-way'), { stack: 'here' });
    stream.end('last');
  });
`;

/** The proxy's own steps, for any answer. */
const passing: [string, string][] = [
  [
    'stub/src/wrapper/runtime-proxy.ts',
    '#take(incoming: IncomingMessage, response: ServerResponse): void {\n    try {',
  ],
  [
    'stub/src/wrapper/runtime-proxy.ts',
    '#passOn(incoming: IncomingMessage, response: ServerResponse, path: string): void {',
  ],
  ['stub/src/wrapper/runtime-proxy.ts', 'function writeHead('],
  ['stub/src/wrapper/runtime-proxy.ts', 'function flow('],
  ['stub/src/wrapper/message-headers.ts', 'export function messageHeaders('],
];

describe('an exception in the proxy, in', () => {
  it.each(passing)('%s: %s', async (file, line) => {
    const taskRoot = world.folder({ 'app.js': streaming });
    const requests = async (options: Options) => {
      const { api, instance } = await world.wrapped({ taskRoot, ...options });
      for (const id of ['a', 'b']) await api.invoke({ id, event: JSON.stringify({ fails: id === 'b' }) });
      // The runtime has seen that its answer was taken.
      await api.until(() => api.isWaiting);
      const log = JSON.stringify(instance.ownLines);
      const told = api.requests.map(({ body, method, path, trailers }) => [
        method,
        path,
        `${body}`,
        trailers,
      ]);
      return { log, told };
    };
    const [wrapped, unwrapped] = [
      await requests({ layer: await layerWith(file, line) }),
      await requests({ layer: null }),
    ];
    expect(wrapped.told).toEqual(unwrapped.told);
    expect(JSON.stringify(wrapped.told)).toContain('Lambda-Runtime-Function-Error-Body');
    expect(wrapped.log).toContain('injected');
  });
});
