// The APIs of AWS that `livectl doctor` calls, on this machine, with answers that each test chooses: also refusals that the local
// cloud never gives.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One answer; `undefined` never answers. */
export type FakeAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | undefined;

/** A request: `action` as in an IAM policy, `resource` a function's or table's name, or '' for others. */
export interface FakeRequest {
  readonly action: string;
  readonly resource: string;
  readonly headers: IncomingMessage['headers'];
  /** The fields of a JSON body or a form. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export const account = '123456789012';
export const region = 'eu-west-1';
export const callerArn = `arn:aws:sts::${account}:assumed-role/developer/ada`;

/** One that answers as `answer` says; what that leaves to `usual` is answered as by AWS with the developer policy. */
export class FakeAws {
  readonly requests: FakeRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(
    document: object,
    answer: (request: FakeRequest, usual: () => FakeAnswer) => FakeAnswer,
  ): Promise<FakeAws> {
    const server = createServer();
    const fake = new FakeAws(server);
    server.on('request', async (incoming: IncomingMessage, response) => {
      const request = await read(incoming);
      fake.requests.push(request);
      const found = answer(request, () => usual(request, document));
      if (found === undefined) return;
      response.writeHead(found.status, found.headers);
      response.end(found.body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For a livectl that uses it. */
  get env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${this.port}`,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: '',
      AWS_PROFILE: '',
      AWS_REGION: region,
    };
  }

  /** The actions that were asked for, with their resources. */
  get asked(): string[] {
    return this.requests.map(({ action, resource }) => `${action} ${resource}`.trim());
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  const { headers, method, url = '/' } = incoming;
  const body = await text(incoming);
  const service = /\/([\w-]+)\/aws4_request/.exec(String(headers.authorization))?.[1] ?? '';
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  if (target !== undefined) {
    const fields = JSON.parse(body);
    return { action: `${service}:${target}`, resource: String(fields.TableName ?? ''), headers, fields };
  }
  if (service === 'lambda') {
    const name = decodeURIComponent(url.split('/')[3] ?? '');
    const action = method === 'GET' ? 'GetFunctionConfiguration' : 'InvokeFunction';
    return { action: `lambda:${action}`, resource: name, headers, fields: {} };
  }
  const fields = Object.fromEntries(new URLSearchParams(body));
  const resource = fields['ActionNames.member.1'] ?? '';
  return { action: `${service}:${fields.Action ?? method}`, resource, headers, fields };
}

function usual({ action, fields, headers, resource }: FakeRequest, document: object): FakeAnswer {
  switch (action) {
    case 'sts:GetCallerIdentity':
      return xml(`<GetCallerIdentityResult><Arn>${callerArn}</Arn></GetCallerIdentityResult>`);
    case 'iam:GetRole':
      return xml(`<Role><Arn>arn:aws:iam::${account}:role/team/${String(fields.RoleName)}</Arn></Role>`);
    case 'iam:SimulatePrincipalPolicy':
      return simulated('allowed');
    case 'dynamodb:GetItem': {
      const { item } = fields.Key as { item: { S: string } };
      if (item.S !== 'manifest') return json(200, {});
      const Item = { document: { S: JSON.stringify(document) } };
      return json(200, { Item });
    }
    case 'dynamodb:Query':
      return json(200, { Items: [] });
    case 'dynamodb:PutItem':
    case 'dynamodb:UpdateItem':
    case 'dynamodb:DeleteItem':
      // A write without a condition is a mistake of the check's.
      return fields.ConditionExpression
        ? refused('ConditionalCheckFailedException', 'The conditional request failed')
        : json(200, {});
    case 'lambda:InvokeFunction':
      return { status: headers['x-amz-invocation-type'] === 'DryRun' ? 204 : 200, body: '' };
    default:
      return json(404, { message: `Function not found: ${resource}` });
  }
}

/** An answer of the JSON protocols. */
export function json(status: number, content: object): FakeAnswer {
  return { status, body: JSON.stringify(content) };
}

/** DynamoDB's refusal. */
export function refused(type: string, message: string): FakeAnswer {
  return json(400, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message });
}

/** Lambda's. */
export function forbidden(action: string, functionName: string): FakeAnswer {
  const arn = `arn:aws:lambda:${region}:${account}:function:${functionName}`;
  const Message = `User: ${callerArn} is not authorized to perform: ${action} on resource: ${arn} because no identity-based policy allows the ${action} action`;
  return {
    ...json(403, { Message }),
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
  } as FakeAnswer;
}

/** An answer of the query protocol. */
export function xml(content: string): FakeAnswer {
  return { status: 200, body: `<Response>${content}</Response>` };
}

/** A refusal of the query protocol. */
export function xmlRefused(status: number, code: string, message: string): FakeAnswer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status, body };
}

/** IAM's answer for one action and resource. */
export function simulated(decision: 'allowed' | 'explicitDeny' | 'implicitDeny'): FakeAnswer {
  return xml(
    `<SimulatePrincipalPolicyResult><EvaluationResults><member><EvalDecision>${decision}</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult>`,
  );
}
