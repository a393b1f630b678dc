// Lambda's Node runtime as far as a stub sees it: imports the file, calls `handler`, reports what it answers.
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { LambdaContext } from '../../src/stub.ts';
import type { FromRuntime, Outcome, ReportedError, RuntimeContext, ToRuntime } from './ipc.ts';

type Handler = (event: unknown, context: LambdaContext) => Promise<unknown>;
type StreamHandler = (event: unknown, stream: ResponseStream, context: LambdaContext) => Promise<void>;

/** Those that are wrapped in `awslambda.streamifyResponse`. */
const streaming = new Set<unknown>();
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: unknown) => {
      streaming.add(handler);
      return handler;
    },
  },
});

/** Writes that Lambda has not taken yet, while the test holds them. */
let held: (() => void)[] | undefined;

/** Lambda's: takes some KB ahead and tells the test of every write. */
class ResponseStream extends Writable {
  contentType = 'application/octet-stream';
  #written = false;

  constructor() {
    super({ highWaterMark: 64 * 1024 });
  }

  setContentType(contentType: string): void {
    if (this.#written) throw new Error('Cannot set content-type, too late.');
    this.contentType = contentType;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#written = true;
    if (chunk.length > 0) say({ is: 'streamed', bytes: chunk.toString('base64') });
    if (held === undefined) callback();
    else held.push(callback);
  }
}

const say = (message: FromRuntime) => process.send?.(message);

process.on('disconnect', () => process.exit(0));

try {
  const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler: Handler };
  process.on('message', (message: ToRuntime) => {
    if (message.do === 'invoke') void invoke(handler, JSON.parse(message.event), message.context);
    else if (message.do === 'hold') held = [];
    else if (message.do === 'take') held?.shift()?.();
    else if (message.do === 'release') {
      for (const take of held ?? []) take();
      held = undefined;
    }
  });
  say({ is: 'ready' });
} catch (error) {
  say({ is: 'init-error', error: reported(error) });
}

async function invoke(handler: Handler, event: unknown, context: RuntimeContext): Promise<void> {
  const { timeoutMs, clientContext: clientContextText, ...rest } = context;
  const clientContext: unknown = clientContextText && JSON.parse(clientContextText);
  const startedAt = Date.now();
  const getRemainingTimeInMillis = () => timeoutMs - (Date.now() - startedAt);
  const lambdaContext = { ...rest, clientContext, getRemainingTimeInMillis };
  if (streaming.has(handler)) return stream(handler as unknown as StreamHandler, event, lambdaContext);
  const outcome = await handler(event, lambdaContext).then(
    (value): Outcome => ({ ok: true, text: JSON.stringify(value === undefined ? null : value) }),
    (error): Outcome => ({ ok: false, error: reported(error) }),
  );
  say({ is: 'outcome', ...outcome });
}

/** As Lambda's runtime does: an error ends the stream after what was written. */
async function stream(handler: StreamHandler, event: unknown, context: LambdaContext): Promise<void> {
  const response = new ResponseStream();
  const finished = new Promise<void>((resolve) => response.once('finish', resolve));
  const outcome = await handler(event, response, context)
    .then(() => finished)
    .then(
      (): Outcome => ({ ok: true, text: '', contentType: response.contentType }),
      (error): Outcome => ({ ok: false, error: reported(error) }),
    );
  say({ is: 'outcome', ...outcome });
}

function reported(error: unknown): ReportedError {
  const { name, message, stack = '' } = error as Error;
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}
