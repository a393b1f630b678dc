// Durable functions: the part of AWS's API that their SDKs call, and the answers to callbacks from outside.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { parseJson } from '../../../../../protocol/json.ts';
import { refusalOf } from '../../aws-api/access.ts';
import { AwsError, invalidParameter, notSupported } from '../../aws-api/aws-error.ts';
import { durableLimits } from '../../aws-api/aws-limits.ts';
import { type Answer, jsonAnswer, readBody } from '../../aws-api/loopback-server.ts';
import type { Service } from '../../aws-api/service.ts';
import type { SigV4Verifier } from '../../aws-api/sigv4-verify.ts';
import type { Execution } from './execution.ts';
import type { DurableExecutions } from './executions.ts';
import { errorObject, operationUpdate } from './operation.ts';

const checkpointRequest = v.object({
  CheckpointToken: v.string(),
  ClientToken: v.nullish(v.string()),
  Updates: v.nullish(v.array(operationUpdate), []),
});

const kinds = ['durable-executions', 'durable-execution-callbacks'];

interface Call {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export class DurableApi implements Service {
  readonly #executions: DurableExecutions;
  readonly #verifier: SigV4Verifier;

  constructor(executions: DurableExecutions, verifier: SigV4Verifier) {
    this.#executions = executions;
    this.#verifier = verifier;
  }

  async answer(request: IncomingMessage): Promise<Answer | undefined> {
    const { method = '', url = '', headers } = request;
    const body = await readBody(request, durableLimits.checkpointBytes);
    if (!body)
      return refusal(new AwsError('RequestTooLargeException', 'The request is too large', { status: 413 }));
    const verified = this.#verifier.verify({ method, url, headers }, 'lambda', body);
    if (!verified.ok) return jsonAnswer(403, { message: verified.message }, errorHeaders(verified.failure));
    const { pathname, searchParams: query } = new URL(url, 'http://localhost');
    // `/2025-12-01/{kind}/{ARN or id}/{action}`
    const [, , kind = '', encoded = '', done = 'get', ...more] = pathname.split('/');
    try {
      const id = decodeURIComponent(encoded);
      const call = { method, query, body };
      if (!kinds.includes(kind) || encoded === '' || more.length > 0)
        throw new AwsError('InvalidAction', notSupported(`${method} ${pathname}`));
      const denied = refusalOf(
        verified.principal,
        actionOf(kind, done),
        kind === 'durable-executions' ? id : '*',
      );
      if (denied) throw new AwsError('AccessDeniedException', denied, { status: 403 });
      const content =
        kind === 'durable-executions' ? this.#execution(id, done, call) : this.#callback(id, done, call);
      return jsonAnswer(200, content, { 'x-amzn-RequestId': randomUUID() });
    } catch (error) {
      if (error instanceof AwsError) return refusal(error);
      if (error instanceof URIError) return refusal(invalidParameter('Invalid path'));
      throw error;
    }
  }

  #execution(arn: string, done: string, { method, query, body }: Call): object {
    const execution = this.#executions.get(arn);
    if (!execution) {
      throw new AwsError('ResourceNotFoundException', `Durable execution not found: ${arn}`, { status: 404 });
    }
    switch (`${method} ${done}`) {
      case 'POST checkpoint': {
        const { CheckpointToken, ClientToken, Updates } = parsed(checkpointRequest, body);
        return execution.checkpoint(CheckpointToken, ClientToken ?? undefined, Updates ?? []);
      }
      case 'GET state':
        return execution.page(query.get('CheckpointToken') ?? '', query.get('Marker') ?? '');
      case 'POST stop':
        execution.stop(body.length === 0 ? {} : parsed(errorObject, body));
        return { StopTimestamp: (execution.endedAt ?? 0) / 1000 };
      case 'GET get':
        return described(execution);
      default:
        throw new AwsError('InvalidAction', notSupported(`${method} ${done} of a durable execution`));
    }
  }

  #callback(callbackId: string, done: string, { method, body }: Call): object {
    const found = this.#executions.callback(callbackId);
    if (!found) {
      throw new AwsError(
        'CallbackTimeoutException',
        'No execution waits for this callback: it ended, or never was',
      );
    }
    const { execution, operation } = found;
    switch (`${method} ${done}`) {
      case 'POST succeed':
        execution.endCallback(operation, {
          status: 'SUCCEEDED',
          result: body.length === 0 ? undefined : body.toString(),
        });
        return {};
      case 'POST fail':
        execution.endCallback(operation, {
          status: 'FAILED',
          error: body.length === 0 ? {} : parsed(errorObject, body),
        });
        return {};
      case 'POST heartbeat':
        execution.heartbeat(operation);
        return {};
      default:
        throw new AwsError('InvalidAction', notSupported(`${method} ${done} of a callback`));
    }
  }
}

/** The IAM action of a call. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html */
function actionOf(kind: string, done: string): string {
  const names: Readonly<Record<string, string>> =
    kind === 'durable-executions'
      ? {
          checkpoint: 'CheckpointDurableExecution',
          state: 'GetDurableExecutionState',
          stop: 'StopDurableExecution',
        }
      : {
          succeed: 'SendDurableExecutionCallbackSuccess',
          fail: 'SendDurableExecutionCallbackFailure',
          heartbeat: 'SendDurableExecutionCallbackHeartbeat',
        };
  return `lambda:${names[done] ?? 'GetDurableExecution'}`;
}

/** As GetDurableExecution answers. */
function described({ endedAt, error, options, result, startedAt, status }: Execution): object {
  const [functionArn] = options.arn.split('/', 1);
  return {
    DurableExecutionArn: options.arn,
    DurableExecutionName: options.name,
    FunctionArn: functionArn,
    InputPayload: options.input,
    StartTimestamp: startedAt / 1000,
    Status: status,
    ...(endedAt !== undefined && { EndTimestamp: endedAt / 1000 }),
    ...(result !== undefined && { Result: result }),
    ...(error && { Error: error }),
  };
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, body: Buffer): v.InferOutput<Schema> {
  const json = parseJson(body);
  if (json === undefined) throw invalidParameter('The body is not JSON');
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = issue && v.getDotPath(issue);
  throw invalidParameter(`${where ?? 'The body'}: ${issue?.message}`);
}

function refusal({ code, message, status }: AwsError): Answer {
  return jsonAnswer(status, { Type: 'User', message }, errorHeaders(code));
}

function errorHeaders(type: string): Record<string, string> {
  return { 'x-amzn-RequestId': randomUUID(), 'x-amzn-ErrorType': type };
}
