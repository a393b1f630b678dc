// [5] The handler's context object, from the headers of `next` and the function's environment.
import type { HandlerModel } from './handler-model.ts';
import type { RuntimeResponse } from './runtime-connection.ts';

type Headers = RuntimeResponse['headers'];

/** The part of the context in every Node runtime; on Lambda, too, values from the environment are strings. */
export interface BaseContext {
  readonly awsRequestId: string;
  readonly functionName: string | undefined;
  readonly functionVersion: string | undefined;
  readonly invokedFunctionArn: string | undefined;
  readonly memoryLimitInMB: string | undefined;
  readonly logGroupName: string | undefined;
  readonly logStreamName: string | undefined;
  readonly clientContext: unknown;
  readonly identity: unknown;
  readonly tenantId: string | undefined;
  /** Milliseconds until livectl ends the invocation; negative after that. */
  getRemainingTimeInMillis(): number;
}

/** What nodejs24 added. */
interface Node24Context extends BaseContext {
  readonly xRayTraceId: string | undefined;
  /** The W3C trace context from the caller's `clientContext.w3c`, which is removed from the handler's client context. */
  w3c(): W3cFields;
}

type W3cFields = Readonly<Partial<Record<(typeof w3cNames)[number], string>>>;

const w3cNames = ['traceparent', 'tracestate', 'baggage'] as const;

/** @throws Error if the client context or the identity is not JSON, as on Lambda */
export function buildContext(headers: Headers, model: HandlerModel): BaseContext | Node24Context {
  const { env } = process;
  const deadline = Number(headers.get('lambda-runtime-deadline-ms'));
  const base: BaseContext = {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseHeader(headers, 'lambda-runtime-client-context', 'ClientContext'),
    identity: parseHeader(headers, 'lambda-runtime-cognito-identity', 'CognitoIdentity'),
    invokedFunctionArn: headers.get('lambda-runtime-invoked-function-arn'),
    awsRequestId: headers.get('lambda-runtime-aws-request-id') ?? '',
    tenantId: headers.get('lambda-runtime-aws-tenant-id'),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  if (model === 'callbacks') return base;
  const w3cFields = takeW3cFields(base.clientContext);
  return { ...base, xRayTraceId: headers.get('lambda-runtime-trace-id'), w3c: () => w3cFields };
}

function parseHeader(headers: Headers, header: string, name: string): unknown {
  const json = headers.get(header);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${String(error)}`);
  }
}

/** Removes them from the client context; values that are not strings, or have other names, are dropped. */
function takeW3cFields(clientContext: unknown): W3cFields {
  if (typeof clientContext !== 'object' || clientContext === null || !('w3c' in clientContext)) {
    return Object.freeze({});
  }
  const { w3c } = clientContext;
  delete clientContext.w3c;
  if (typeof w3c !== 'object' || w3c === null || Array.isArray(w3c)) return Object.freeze({});
  const sent = new Map<string, unknown>(Object.entries(w3c));
  return Object.freeze(
    Object.fromEntries(
      w3cNames.flatMap((name) => (typeof sent.get(name) === 'string' ? [[name, sent.get(name)]] : [])),
    ),
  );
}
