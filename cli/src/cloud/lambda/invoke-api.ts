// The Lambda host's Invoke API: `POST /2015-03-31/functions/{name}/invocations` and InvokeWithResponseStream, for SDKs and the aws command line.
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome } from '../../worker/contract.ts';
import { functionArn, refusalOf } from '../aws-api/access.ts';
import { AwsError, CloudFullError } from '../aws-api/aws-error.ts';
import { lambdaLimits } from '../aws-api/aws-limits.ts';
import { type Answer, jsonAnswer, readBody } from '../aws-api/loopback-server.ts';
import type { Service } from '../aws-api/service.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { AsyncEvent, AsyncInvocations } from './async-invocations.ts';
import type { DurableExecutions } from './durable/executions.ts';
import { qualifiedName } from './function-name.ts';
import { streamInvocation } from './invoke-stream.ts';
import type { LambdaHost } from './lambda-host.ts';

export interface InvokeApiOptions {
  readonly host: Pick<LambdaHost, 'has' | 'invoke'>;
  /** Executions of durable functions. */
  readonly executions: DurableExecutions;
  readonly invocations: Pick<AsyncInvocations, 'accept'>;
  readonly verifier: SigV4Verifier;
  /** The answer of GetFunctionConfiguration; undefined for a name that is not deployed. */
  readonly configurationOf: (functionName: string) => object | undefined;
}

interface Called {
  readonly name: string;
  readonly qualifier: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** JSON text. */
  readonly event: Buffer;
}

export class InvokeApi implements Service {
  readonly #host: InvokeApiOptions['host'];
  readonly #executions: DurableExecutions;
  readonly #invocations: InvokeApiOptions['invocations'];
  readonly #verifier: SigV4Verifier;
  readonly #configurationOf: InvokeApiOptions['configurationOf'];

  constructor({ configurationOf, host, executions, invocations, verifier }: InvokeApiOptions) {
    this.#configurationOf = configurationOf;
    this.#host = host;
    this.#executions = executions;
    this.#invocations = invocations;
    this.#verifier = verifier;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    const { method = '', url = '', headers } = request;
    const type = String(headers['x-amz-invocation-type'] ?? 'RequestResponse');
    const limit = type === 'Event' ? lambdaLimits.asyncEventBytes : lambdaLimits.eventBytes;
    const body = await readBody(request, limit);
    if (!body) {
      const words = `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
      return refusal(413, 'RequestTooLargeException', words);
    }
    const verified = this.#verifier.verify({ method, url, headers }, 'lambda', body);
    if (!verified.ok) return jsonAnswer(403, { message: verified.message }, answerHeaders(verified.failure));
    const { name, qualifier, operation = '' } = calledOf(url) ?? {};
    if (name === undefined || method !== (operation === 'configuration' ? 'GET' : 'POST')) {
      const words = 'The local cloud of livectl has Invoke and GetFunctionConfiguration only';
      return refusal(404, 'ResourceNotFoundException', words);
    }
    const arn = functionArn(name);
    const action = operation === 'configuration' ? 'GetFunctionConfiguration' : 'InvokeFunction';
    const denied = refusalOf(verified.principal, `lambda:${action}`, arn);
    if (denied) return jsonAnswer(403, { Message: denied }, answerHeaders('AccessDeniedException'));
    const configuration = this.#configurationOf(name);
    if (operation === 'configuration' ? !configuration : !this.#host.has(name))
      return refusal(404, 'ResourceNotFoundException', `Function not found: ${arn}`);
    if (operation === 'configuration') return jsonAnswer(200, configuration, answerHeaders());
    const event = body.length === 0 ? Buffer.from('{}') : body;
    const mistake = jsonMistake(event);
    if (mistake) {
      return refusal(
        400,
        'InvalidRequestContentException',
        `Could not parse request body into json: ${mistake}`,
      );
    }
    const called = { name, qualifier, headers, event };
    if (this.#executions.has(name)) return this.#start(called, type);
    if (operation === 'response-streaming-invocations' && type === 'RequestResponse') {
      return this.#stream(called, response);
    }
    return this.#invoke(called, type);
  }

  async #stream({ name, qualifier, headers, event }: Called, response: ServerResponse): Promise<undefined> {
    const [id, clientContext] = [randomUUID(), clientContextOf(headers)];
    await streamInvocation(response, id, (responseSink) =>
      this.#host.invoke(name, event, { id, clientContext, responseSink, qualifier }),
    );
  }

  /** A durable function. https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html */
  async #start({ name, qualifier, headers, event }: Called, type: string): Promise<Answer> {
    const { 'x-amz-durable-execution-name': given } = headers;
    if (type === 'DryRun') return { status: 204, headers: answerHeaders(), body: '' };
    try {
      const executionName = given === undefined ? undefined : String(given);
      const execution = this.#executions.start(name, event.toString(), { qualifier, name: executionName });
      const id = randomUUID();
      const durable = { 'X-Amz-Durable-Execution-Arn': execution.options.arn };
      if (type === 'Event') return { status: 202, headers: { 'x-amzn-RequestId': id, ...durable }, body: '' };
      const answer = invoked(id, await execution.ended);
      return { ...answer, headers: { ...answer.headers, ...durable } };
    } catch (error) {
      if (error instanceof AwsError) return refusal(error.status, error.code, error.message);
      if (error instanceof CloudFullError) return refusal(429, 'TooManyRequestsException', error.message);
      throw error;
    }
  }

  async #invoke({ name, qualifier, headers, event }: Called, type: string): Promise<Answer> {
    const { 'x-amzn-trace-id': trace } = headers;
    const clientContext = clientContextOf(headers);
    switch (type) {
      case 'DryRun':
        return { status: 204, headers: answerHeaders(), body: '' };
      case 'Event':
        return this.#invokeLater({
          functionName: name,
          source: 'lambda',
          resource: name,
          payload: event,
          trace: trace === undefined ? undefined : String(trace),
          clientContext,
          qualifier,
        });
      case 'RequestResponse': {
        const id = randomUUID();
        return invoked(id, await this.#host.invoke(name, event, { id, clientContext, qualifier }));
      }
      default:
        return refusal(400, 'InvalidParameterValueException', `Invalid invocation type: ${type}`);
    }
  }

  #invokeLater(event: AsyncEvent): Answer {
    try {
      const [id = ''] = this.#invocations.accept([event]);
      return { status: 202, headers: { 'x-amzn-RequestId': id }, body: '' };
    } catch (error) {
      if (!(error instanceof CloudFullError)) throw error;
      return refusal(429, 'TooManyRequestsException', error.message);
    }
  }
}

function invoked(id: string, outcome: Outcome): Answer {
  const headers = {
    'Content-Type': 'application/json',
    'x-amzn-RequestId': id,
    'X-Amz-Executed-Version': '$LATEST',
  };
  return outcome.ok
    ? { status: 200, headers, body: outcome.body }
    : { status: 200, headers: { ...headers, 'X-Amz-Function-Error': 'Unhandled' }, body: outcome.error.body };
}

function clientContextOf({ 'x-amz-client-context': encoded }: IncomingHttpHeaders): string | undefined {
  return encoded === undefined ? undefined : Buffer.from(String(encoded), 'base64').toString();
}

const calledPath =
  /^\/(?:2015-03-31\/functions\/([^/]+)\/(invocations|configuration)|2021-11-15\/functions\/([^/]+)\/(response-streaming-invocations))$/;

/** The called function, its version or alias, and how it is called. */
function calledOf(
  url: string,
): { readonly name: string; readonly qualifier: string | undefined; readonly operation: string } | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, whole, invocations, streamed, streaming] = calledPath.exec(pathname) ?? [];
  const encoded = whole ?? streamed;
  if (encoded === undefined) return undefined;
  try {
    const { name, qualifier } = qualifiedName(decodeURIComponent(encoded));
    const asked = searchParams.get('Qualifier') ?? undefined;
    return { name, qualifier: asked ?? qualifier, operation: invocations ?? streaming ?? '' };
  } catch {
    return undefined;
  }
}

function jsonMistake(event: Buffer): string | undefined {
  try {
    JSON.parse(event.toString());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function refusal(status: number, type: string, message: string): Answer {
  return jsonAnswer(status, { Type: 'User', message }, answerHeaders(type));
}

function answerHeaders(errorType?: string): Record<string, string> {
  const headers: Record<string, string> = { 'x-amzn-RequestId': randomUUID() };
  if (errorType !== undefined) headers['x-amzn-ErrorType'] = errorType;
  return headers;
}
