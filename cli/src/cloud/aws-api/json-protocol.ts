// AWS's APIs: the JSON protocols, with which SDKs call SQS, EventBridge, Kinesis and DynamoDB.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { parseJson } from '../../../../protocol/json.ts';
import { AwsError, CloudFullError, notSupported } from './aws-error.ts';
import { type Caller, readSigned, SignatureError } from './caller.ts';
import type { Answer } from './loopback-server.ts';
import type { Service } from './service.ts';
import type { SigV4Verifier } from './sigv4-verify.ts';

/** Answers one operation: parsed JSON in, JSON out. Throws an AwsError. */
type JsonOperation = (input: unknown, caller: Caller) => unknown;

interface JsonServiceOptions {
  readonly verifier: SigV4Verifier;
  /** The service in a signature's scope, e.g. `sqs`. */
  readonly signingName: string;
  /** The part of `X-Amz-Target` before the dot. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** The part of `__type` before the `#`; undefined for the bare name. */
  readonly namespace: string | undefined;
  readonly bodyLimit: number;
  /** The service's error code when the local cloud is full. */
  readonly fullCode: string;
  readonly operations: Readonly<Record<string, JsonOperation>>;
}

/** One service that speaks JSON 1.0 or 1.1. */
export class JsonService implements Service {
  readonly #options: JsonServiceOptions;
  readonly #operations: ReadonlyMap<string, JsonOperation>;

  constructor(options: JsonServiceOptions) {
    this.#options = options;
    this.#operations = new Map(Object.entries(options.operations));
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    try {
      return this.#write(200, (await this.#execute(request)) ?? {});
    } catch (error) {
      return this.#refuse(error);
    }
  }

  async #execute(request: IncomingMessage): Promise<unknown> {
    const { verifier, signingName, target, bodyLimit } = this.#options;
    const { caller, body } = await readSigned(request, verifier, signingName, bodyLimit);
    const [given = '', name = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    if (given !== target) {
      const words = `the older query protocol of ${signingName}: update the AWS SDK, it must send X-Amz-Target`;
      throw new AwsError('UnknownOperationException', notSupported(words));
    }
    const operation = this.#operations.get(name);
    if (!operation) {
      throw new AwsError(
        'UnknownOperationException',
        notSupported(`the operation ${name} of ${signingName}`),
      );
    }
    return operation(parseBody(body), caller);
  }

  #refuse(error: unknown): Answer {
    if (error instanceof SignatureError) return this.#error(error.failure, error.message, 400);
    if (error instanceof CloudFullError) return this.#error(this.#options.fullCode, error.message, 400);
    if (!(error instanceof AwsError)) throw error;
    const answer = this.#error(error.code, error.message, error.status);
    const { queryCode } = error;
    if (queryCode === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${queryCode};Sender` } };
  }

  #error(code: string, message: string, status: number): Answer {
    const { namespace } = this.#options;
    const type = namespace === undefined ? code : `${namespace}#${code}`;
    // Some services write `message`, some `Message`; SDKs read both.
    return this.#write(status, { __type: type, message });
  }

  #write(status: number, content: unknown): Answer {
    return {
      status,
      headers: {
        'Content-Type': `application/x-amz-json-${this.#options.version}`,
        'x-amzn-RequestId': randomUUID(),
      },
      body: JSON.stringify(content),
    };
  }
}

/** Checks an operation's input; throws `code`, by default a ValidationException, that names the member. */
export function parseInput<Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
  code = 'ValidationException',
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, input, { abortEarly: true });
  if (success) return output;
  const path = v.getDotPath(issues[0]) ?? 'the request';
  const words = issues[0].input === undefined ? 'The request must contain the parameter' : 'Invalid value of';
  throw new AwsError(code, `${words} ${path}.`);
}

/** Checks the number of entries in a request, 1 to `most`; throws AWS's ValidationException for that member and type. */
export function checkLength(member: string, type: string, length: number, most: number): void {
  if (length > 0 && length <= most) return;
  const bound = length === 0 ? 'greater than or equal to 1' : `less than or equal to ${most}`;
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value '[${type}]' at '${member}' failed to satisfy constraint: Member must have length ${bound}`,
  );
}

function parseBody(body: Buffer): unknown {
  const input = body.length === 0 ? {} : parseJson(body);
  if (input === undefined) throw new AwsError('SerializationException', 'The request is not JSON');
  return input;
}
