// Lambda's Node runtime as far as a stub sees it: imports the file, calls `handler`, reports what it answers.
import { pathToFileURL } from 'node:url';
import type { LambdaContext } from '../../src/stub.ts';
import type { FromRuntime, Outcome, ReportedError, RuntimeContext, ToRuntime } from './ipc.ts';

type Handler = (event: unknown, context: LambdaContext) => Promise<unknown>;

const say = (message: FromRuntime) => process.send?.(message);

process.on('disconnect', () => process.exit(0));

try {
  const { handler } = (await import(pathToFileURL(process.argv[2] ?? '').href)) as { handler: Handler };
  process.on('message', (message: ToRuntime) => {
    if (message.do === 'invoke') void invoke(handler, JSON.parse(message.event), message.context);
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
  const outcome = await handler(event, { ...rest, clientContext, getRemainingTimeInMillis }).then(
    (value): Outcome => ({ ok: true, text: JSON.stringify(value === undefined ? null : value) }),
    (error): Outcome => ({ ok: false, error: reported(error) }),
  );
  say({ is: 'outcome', ...outcome });
}

function reported(error: unknown): ReportedError {
  const { name, message, stack = '' } = error as Error;
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}
