// Stands in for Lambda's API of layers and for the servers of their links: real sockets, signed requests are verified.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../protocol/clock.ts';
import type { Principal } from '../../src/cloud/aws-api/access.ts';
import { SigV4Verifier } from '../../src/cloud/aws-api/sigv4-verify.ts';

export const developer: Principal['credentials'] = {
  accessKeyId: 'ASIADEVELOPER0000000',
  secretAccessKey: 'secret-of-the-developer',
  sessionToken: 'token-of-the-developer',
};

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** AWS's answer to a call that it refuses. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

export class FakeLayersApi {
  /** Zip files by the ARN of their version. */
  readonly zips = new Map<string, Buffer>();
  /** What Lambda refuses, by ARN. */
  readonly refusals = new Map<string, Refusal>();
  /** Changes what Lambda says of a zip file. */
  describe: (content: Record<string, unknown>) => Record<string, unknown> = (content) => content;
  /** Answers a link in the place of this server; undefined: it does. */
  download: (count: number) => Handle | undefined = () => undefined;
  /** What was asked for: the Region and the ARN of each signed call, and `download`. */
  readonly calls: string[] = [];
  readonly url: string;
  readonly #server: Server;
  readonly #links = new Map<string, Buffer>();
  #downloads = 0;

  private constructor(server: Server, credentials: Principal['credentials']) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const principal = { arn: 'arn:aws:iam::123456789012:user/tom', id: 'AIDA', credentials, policy: [] };
    const verifier = new SigV4Verifier('eu-west-1', [principal], systemClock);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith('/link/')) return this.#serve(request, response);
      const verified = verifier.verify(
        { method: request.method ?? '', url: request.url ?? '', headers: request.headers },
        'lambda',
        new Uint8Array(),
        { anyRegion: true },
      );
      if (!verified.ok)
        return refuse(response, { status: 403, type: verified.failure, message: verified.message });
      this.#api(request, response);
    });
  }

  static async start(credentials: Principal['credentials'] = developer): Promise<FakeLayersApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeLayersApi(server, credentials);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #api(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    // What serve asks of the deployed functions.
    if (pathname.endsWith('/configuration')) return json(response, 200, { Environment: { Variables: {} } });
    const arn = searchParams.get('Arn') ?? '';
    const [, region] = /\/(?:\d{8})\/([a-z0-9-]+)\/lambda\//.exec(request.headers.authorization ?? '') ?? [];
    this.calls.push(`${region} ${arn}`);
    const refusal = this.refusals.get(arn);
    if (refusal !== undefined) return refuse(response, refusal);
    const zip = this.zips.get(arn);
    if (pathname !== '/2018-10-31/layers' || searchParams.get('find') !== 'LayerVersion' || zip === undefined)
      return refuse(response, { status: 404, type: 'ResourceNotFoundException', message: 'not found' });
    const link = randomBytes(8).toString('hex');
    this.#links.set(link, zip);
    const CodeSha256 = createHash('sha256').update(zip).digest('base64');
    const Location = `${this.url}/link/${link}?X-Amz-Signature=secret-of-the-link`;
    json(response, 200, {
      LayerVersionArn: arn,
      Content: this.describe({ Location, CodeSha256, CodeSize: zip.length }),
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.calls.push('download');
    this.#downloads += 1;
    const handle = this.download(this.#downloads);
    if (handle !== undefined) return handle(request, response);
    const zip = this.#links.get(/[0-9a-f]{16}/.exec(request.url ?? '')?.[0] ?? '');
    // A link is for whoever has it: credentials on it are a leak.
    if (zip === undefined || request.headers.authorization !== undefined)
      return void response.writeHead(400).end();
    response.writeHead(200, { 'content-length': zip.length }).end(zip);
  }
}

function refuse(response: ServerResponse, { message, status, type }: Refusal): void {
  response.setHeader('x-amzn-ErrorType', `${type}:http://internal.amazon.com/`);
  json(response, status, { Type: 'User', message });
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
