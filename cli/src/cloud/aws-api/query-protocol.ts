// AWS's APIs: the query protocol, forms in and XML out, with which SDKs call SNS.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError, CloudFullError, notSupported } from './aws-error.ts';
import { type Caller, readSigned, SignatureError } from './caller.ts';
import type { Answer } from './loopback-server.ts';
import type { Service } from './service.ts';
import type { SignatureFailure } from './sigv4-claim.ts';
import type { SigV4Verifier } from './sigv4-verify.ts';
import { type XmlContent, xmlDocument } from './xml.ts';

/** Answers one operation; throws an AwsError. */
type QueryOperation = (form: QueryForm, caller: Caller) => XmlContent;

interface QueryServiceOptions {
  readonly verifier: SigV4Verifier;
  readonly signingName: string;
  readonly namespace: string;
  readonly bodyLimit: number;
  /** The service's error code when the local cloud is full. */
  readonly fullCode: string;
  readonly operations: Readonly<Record<string, QueryOperation>>;
}

/** Codes of signature errors in the query protocol (AWS: "Common errors" of SNS). */
const signatureCodes: Readonly<Record<SignatureFailure, string>> = {
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  UnrecognizedClientException: 'InvalidClientTokenId',
};

/** Fields like `MessageAttributes.entry.1.Name`. */
export class QueryForm {
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: Iterable<readonly [string, string]>) {
    this.#fields = new Map(fields);
  }

  get(name: string): string | undefined {
    return this.#fields.get(name);
  }

  /** The elements of a list, each with its fields; `name` is e.g. `Entries.member`. */
  list(name: string): QueryForm[] {
    const elements = new Map<number, [string, string][]>();
    for (const [field, value] of this.#fields) {
      if (!field.startsWith(`${name}.`)) continue;
      const [, index = '', below = ''] = /^(\d+)(?:\.(.*))?$/.exec(field.slice(name.length + 1)) ?? [];
      if (index === '') continue;
      const element = elements.get(Number(index)) ?? [];
      element.push([below, value]);
      elements.set(Number(index), element);
    }
    return [...elements].sort(([a], [b]) => a - b).map(([, fields]) => new QueryForm(fields));
  }
}

/** One service that speaks the query protocol. */
export class QueryService implements Service {
  readonly #options: QueryServiceOptions;
  readonly #operations: ReadonlyMap<string, QueryOperation>;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
    this.#operations = new Map(Object.entries(options.operations));
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const requestId = randomUUID();
    const { verifier, signingName, namespace, bodyLimit } = this.#options;
    try {
      const { caller, body } = await readSigned(request, verifier, signingName, bodyLimit);
      const form = new QueryForm(new URLSearchParams(body.toString()));
      const action = form.get('Action') ?? '';
      const operation = this.#operations.get(action);
      if (!operation) {
        throw new AwsError(
          'InvalidAction',
          notSupported(`the operation ${action || '(none)'} of ${signingName}`),
        );
      }
      const content = {
        [`${action}Result`]: operation(form, caller),
        ResponseMetadata: { RequestId: requestId },
      };
      return xmlAnswer(200, xmlDocument(`${action}Response`, content, namespace), requestId);
    } catch (error) {
      return this.#refuse(error, requestId);
    }
  }

  #refuse(error: unknown, requestId: string): Answer {
    if (error instanceof SignatureError) {
      return this.#error(signatureCodes[error.failure], error.message, 403, requestId);
    }
    if (error instanceof CloudFullError)
      return this.#error(this.#options.fullCode, error.message, 429, requestId);
    if (!(error instanceof AwsError)) throw error;
    return this.#error(error.code, error.message, error.status, requestId);
  }

  #error(code: string, message: string, status: number, requestId: string): Answer {
    const content = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: requestId };
    return xmlAnswer(status, xmlDocument('ErrorResponse', content, this.#options.namespace), requestId);
  }
}

function xmlAnswer(status: number, body: string, requestId: string): Answer {
  return { status, headers: { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId }, body };
}
