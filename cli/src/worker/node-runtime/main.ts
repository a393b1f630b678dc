// [5] The Node runtime client: the program that a worker runs. Takes invocations from its Runtime API one by one, calls the
// user's handler in this process, and posts the answers.
//
// Environment: AWS_LAMBDA_RUNTIME_API (host:port) and, as on Lambda, LAMBDA_TASK_ROOT and _HANDLER. Of livectl's own,
// all removed before the handler is loaded:
//   LIVECTL_RUNTIME_TOKEN  sent with every call
//   LIVECTL_LOG_MARKER     begins the lines that mark in stdout and stderr where an invocation begins and ends
//   LIVECTL_DEBUGGER       `listen`: open the inspector, and say where in such a line
//   LIVECTL_ASSIGNED       `later`: ask the Runtime API which handler to load, with which environment
//   LIVECTL_LOCATED        JSON of a LocatedHandler: where the handler is that _HANDLER names
//   LIVECTL_TUNNEL         JSON of the tunnel's settings, see ../node-tunnel/settings.ts; also with an assignment
import {
  type Assignment,
  type EnvironmentVersion,
  environmentVersionHeader,
  errorCausesHeader,
  type LocatedHandler,
  type NodeHandler,
} from '../runtime-api/assignment.ts';
import { buildContext } from './context.ts';
import { encodedCauses } from './error-causes.ts';
import { loggable, RuntimeError, reportError, wrapError } from './error-report.ts';
import { endWith } from './first-listeners.ts';
import { type HandlerModel, handlerModel } from './handler-model.ts';
import { checkHandler, FatalError, invoke, resultJson } from './invoke.ts';
import { InvokeStore } from './invoke-store.ts';
import { patchConsole, setInvocation } from './lambda-console.ts';
import { importFromNodePath } from './layer-imports.ts';
import { type Handler, type HandlerLocation, loadHandler, locateHandler } from './load-handler.ts';
import { LoadedFiles } from './loaded-files.ts';
import { keepLocal } from './local-requests.ts';
import { LogMarks } from './log-marks.ts';
import { openDebugger } from './open-debugger.ts';
import { ResponseStream } from './response-stream.ts';
import { routeThroughTunnel } from './route-through-tunnel.ts';
import { RuntimeConnection, type RuntimeResponse } from './runtime-connection.ts';
import { highWaterMarkOf, invokeStreaming, isStreaming, provideGlobals } from './streaming-handler.ts';

const api = '/2018-06-01/runtime';
const settings = {
  address: process.env.AWS_LAMBDA_RUNTIME_API ?? '',
  token: takeVariable('LIVECTL_RUNTIME_TOKEN'),
  assigned: takeVariable('LIVECTL_ASSIGNED'),
  located: takeVariable('LIVECTL_LOCATED'),
  debugger: takeVariable('LIVECTL_DEBUGGER'),
};
routeThroughTunnel(takeVariable('LIVECTL_TUNNEL'));
const marks = new LogMarks(takeVariable('LIVECTL_LOG_MARKER'));
const connection = new RuntimeConnection(settings.address, settings.token, (error) => {
  process.stderr.write(
    `The Runtime API at ${settings.address} is gone${error ? ` (${error.message})` : ''}\n`,
  );
  process.exit(1);
});

let environment: EnvironmentVersion = { version: 0, variables: {} };
/** Where a fatal error is posted: to the init phase, to the invocation in flight, or, between invocations, nowhere. */
let errorPath: string | undefined = `${api}/init/error`;
/** The response of the streaming invocation in flight. */
let responseStream: ResponseStream | undefined;
let dying = false;
/** Set if livectl wants to know what was loaded. */
let loadedFiles: LoadedFiles | undefined;
/** The post of an answer that the Runtime API has not confirmed yet. */
let answering: Promise<unknown> | undefined;
let model: HandlerModel = 'callbacks';
/** Only from nodejs24 on. */
let store: InvokeStore | undefined;

endWith('uncaughtException', onUncaughtException);
endWith('unhandledRejection', onUnhandledRejection);
void run();

async function run(): Promise<void> {
  if (settings.debugger === 'listen') marks.debugger(await openDebugger());
  const location = settings.assigned === 'later' ? await takeAssignment() : undefined;
  if (location === undefined) importFromNodePath(process.env.NODE_PATH);
  model = handlerModel(process.env.AWS_EXECUTION_ENV);
  patchConsole(process.env, model);
  if (model === 'promises-only') {
    // Lambda's newer client leaves them to Node, which prints the stack and exits with 1.
    process.off('uncaughtException', onUncaughtException);
    process.off('unhandledRejection', onUnhandledRejection);
    store = new InvokeStore();
  }
  provideGlobals(process.env, store);
  keepLocal(process.env);
  let handler: Handler;
  loadedFiles = settings.token === undefined ? undefined : new LoadedFiles();
  try {
    handler = await loadHandler(location ?? locateFromEnvironment(), model);
    checkHandler(handler, model);
  } catch (error) {
    await reportLoaded(true);
    return die(error, 1);
  }
  loadedFiles?.loaded();
  while (!dying) {
    await reportLoaded(false);
    await takeInvocation(handler);
  }
}

/** Also called after an invocation, since code may load modules when it needs them. */
async function reportLoaded(failed: boolean): Promise<void> {
  const report = loadedFiles?.report(failed);
  if (report && !dying && !connection.busy)
    await connection.request('POST', '/livectl/loaded', JSON.stringify(report));
}

async function takeInvocation(handler: Handler): Promise<void> {
  errorPath = undefined;
  const next = await connection.request('GET', `${api}/invocation/next`);
  if (next.status !== 200) throw new Error(`The Runtime API answered ${next.status} to next`);
  const id = next.headers.get('lambda-runtime-aws-request-id') ?? '';
  const invocationPath = `${api}/invocation/${encodeURIComponent(id)}`;
  errorPath = `${invocationPath}/error`;
  const tenantId = next.headers.get('lambda-runtime-aws-tenant-id');
  marks.begin(id);
  setInvocation(id, tenantId);
  await renewEnvironment(
    Number(next.headers.get(environmentVersionHeader.toLowerCase()) ?? environment.version),
  );
  extendCredentials();
  const traceId = next.headers.get('lambda-runtime-trace-id');
  if (traceId === undefined) delete process.env._X_AMZN_TRACE_ID;
  else process.env._X_AMZN_TRACE_ID = traceId;
  store?.begin({ requestId: id, traceId, tenantId });
  try {
    const event: unknown = JSON.parse(next.body.toString());
    if (isStreaming(handler)) {
      return await takeStreaming(handler, id, `${invocationPath}/response`, event, next.headers);
    }
    const result = await invoke(handler, model, event, buildContext(next.headers, model));
    const json = resultJson(result, model);
    marks.end(id);
    answering = connection.request('POST', `${invocationPath}/response`, json);
    await answering;
  } catch (thrown) {
    if (thrown instanceof FatalError) return die(thrown.error, 129);
    const { error, endsProcess } = loggable(thrown, model);
    // In that case nothing is answered.
    if (endsProcess) return exitUnanswered(error);
    marks.end(id);
    await postError(`${invocationPath}/error`, error);
  }
}

async function takeStreaming(
  handler: Handler,
  id: string,
  path: string,
  event: unknown,
  headers: RuntimeResponse['headers'],
): Promise<void> {
  const mode = {
    'Lambda-Runtime-Function-Response-Mode': 'streaming',
    Trailer: `Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body, ${errorCausesHeader}`,
  };
  const begin = (contentType: string) => connection.post(path, { ...mode, 'Content-Type': contentType });
  responseStream = new ResponseStream(begin, highWaterMarkOf(handler), model);
  // On Lambda the response's connection is open from the start, so a stream that is never ended times out.
  connection.hold();
  try {
    await invokeStreaming(handler, event, responseStream, buildContext(headers, model), model);
  } catch (thrown) {
    const { error, endsProcess } = loggable(thrown, model);
    if (endsProcess) return exitUnanswered(error);
    if (error !== thrown) return die(error, 129);
    if (!(await responseStream.fail(error))) writeError(error);
  }
  responseStream = undefined;
  marks.end(id);
}

/** Exits as Node.js does for an uncaught error. */
function exitUnanswered(error: unknown): void {
  writeError(error);
  process.exit(1);
}

function locateFromEnvironment(): HandlerLocation {
  const handlerString = process.env._HANDLER ?? '';
  const located: LocatedHandler | undefined = settings.located && JSON.parse(settings.located);
  // A wrapper script of the function may have set another handler.
  if (located?.handler === handlerString) return { ...located, handlerString };
  return locateHandler(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), handlerString);
}

async function takeAssignment(): Promise<HandlerLocation> {
  // Those set at the start, some of them livectl's; the function's own follow with its variables.
  delete process.env.NODE_OPTIONS;
  const assignment = (await getJson('/livectl/assignment')) as Assignment & NodeHandler;
  environment = { version: 0, variables: assignment.started };
  applyEnvironment(assignment.environment);
  extendCredentials();
  importFromNodePath(process.env.NODE_PATH);
  const { moduleFile, exportPath } = assignment;
  process.chdir(process.env.LAMBDA_TASK_ROOT ?? process.cwd());
  // Code loaded by NODE_OPTIONS may have replaced the function's handler by its own, as Sentry does.
  if (process.env._HANDLER !== environment.variables._HANDLER) return locateFromEnvironment();
  return { moduleFile, exportPath, handlerString: process.env._HANDLER ?? exportPath };
}

async function renewEnvironment(version: number): Promise<void> {
  if (version === environment.version) return;
  applyEnvironment((await getJson('/livectl/environment')) as EnvironmentVersion);
}

/** Only changes what livectl has set, so that variables set by the handler stay. */
function applyEnvironment(next: EnvironmentVersion): void {
  for (const name of Object.keys(environment.variables)) {
    if (!(name in next.variables)) delete process.env[name];
  }
  for (const [name, value] of Object.entries(next.variables)) {
    if (environment.variables[name] !== value) process.env[name] = value;
  }
  environment = next;
  keepLocal(process.env);
  routeThroughTunnel(next.variables.LIVECTL_TUNNEL);
  delete process.env.LIVECTL_TUNNEL;
}

/**
 * Makes the SDK read the variables again before long, since a worker may outlive its first credentials; after the longest
 * invocation, 15 minutes, so that none sees them expire.
 */
function extendCredentials(): void {
  if (environment.variables.AWS_ACCESS_KEY_ID === undefined) return;
  if (environment.variables.AWS_CREDENTIAL_EXPIRATION !== undefined) return;
  process.env.AWS_CREDENTIAL_EXPIRATION = new Date(Date.now() + 16 * 60_000).toISOString();
}

async function getJson(path: string): Promise<unknown> {
  const { status, body } = await connection.request('GET', path);
  if (status !== 200) throw new Error(`The Runtime API answered ${status} to ${path}`);
  return JSON.parse(body.toString());
}

async function postError(path: string, thrown: unknown): Promise<void> {
  const report = reportError(thrown, model);
  const causes = encodedCauses(thrown);
  answering = connection.request('POST', path, JSON.stringify(report), {
    'Lambda-Runtime-Function-Error-Type': report.errorType ?? '',
    ...(causes !== undefined && { [errorCausesHeader]: causes }),
  });
  await answering;
}

function onUncaughtException(error: unknown): void {
  void die(error, 129);
}

function onUnhandledRejection(reason: unknown): void {
  const words = reason === undefined ? '' : String(reason);
  const error =
    reason instanceof Error
      ? wrapError('UnhandledPromiseRejection', reason)
      : new RuntimeError('UnhandledPromiseRejection', words);
  void die(error, 128);
}

/** Reports an error that this process cannot survive, and ends it. */
async function die(error: unknown, exitCode: number): Promise<void> {
  if (dying) return;
  dying = true;
  if (responseStream !== undefined) {
    if (!(await responseStream.fail(error))) writeError(error);
  } else if (errorPath !== undefined && !connection.busy) {
    await postError(errorPath, error);
  } else {
    writeError(error);
    // An answer that was given before takes precedence.
    await answering;
  }
  process.exit(exitCode);
}

/** Between invocations, or with the answer under way, nobody waits for an error, so it goes to the log. */
function writeError(error: unknown): void {
  const { errorType, errorMessage, trace = [] } = reportError(error, model);
  process.stderr.write(`${trace.join('\n') || `${errorType}: ${errorMessage}`}\n`);
}

function takeVariable(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}
