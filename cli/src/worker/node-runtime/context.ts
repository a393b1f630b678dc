// [5] The context object a handler gets, from the headers of `next` and the function's environment.
import type { RuntimeResponse } from './runtime-connection.ts';

/** The part of the context every Node runtime has; on Lambda, too, the values of the environment are strings. */
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
  /** Milliseconds until livectl ends the invocation. */
  getRemainingTimeInMillis(): number;
}

/** @throws Error when the client context or the identity is no JSON, as on Lambda */
export function buildContext(headers: RuntimeResponse['headers']): BaseContext {
  const { env } = process;
  const deadline = Number(headers.get('lambda-runtime-deadline-ms'));
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseHeader(headers, 'lambda-runtime-client-context', 'ClientContext'),
    identity: parseHeader(headers, 'lambda-runtime-cognito-identity', 'CognitoIdentity'),
    invokedFunctionArn: headers.get('lambda-runtime-invoked-function-arn'),
    awsRequestId: headers.get('lambda-runtime-aws-request-id') ?? '',
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function parseHeader(headers: RuntimeResponse['headers'], header: string, name: string): unknown {
  const json = headers.get(header);
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${String(error)}`);
  }
}
