// Signs requests for the tests the way the product does, with aws4fetch.
import { AwsClient, AwsV4Signer } from 'aws4fetch';
import { WebSocket } from 'ws';
import { type Principal, region } from '../../src/cloud/aws-api/access.ts';
import type { Credentials } from '../../src/cloud/cloud.ts';

export function awsClient(credentials: Credentials, service: string): AwsClient {
  return new AwsClient({ ...credentials, service, region, retries: 0 });
}

export interface SocketOptions {
  readonly headers?: Record<string, string>;
  /** `YYYYMMDDTHHMMSSZ`, when it isn't now. */
  readonly datetime?: string;
  readonly presigned?: boolean;
}

/** A signed WebSocket that is about to connect to `relayUrl`. */
export async function signedSocket(
  relayUrl: string,
  { credentials }: Pick<Principal, 'credentials'>,
  { headers = {}, datetime, presigned = false }: SocketOptions = {},
): Promise<WebSocket> {
  const signer = new AwsV4Signer({
    ...credentials,
    url: relayUrl,
    service: 'execute-api',
    region,
    signQuery: presigned,
    ...(datetime === undefined ? {} : { datetime }),
  });
  const signed = await signer.sign();
  const url = signed.url.toString().replace(/^http/, 'ws');
  return new WebSocket(url, {
    headers: { ...Object.fromEntries(signed.headers), ...headers },
    perMessageDeflate: false,
  });
}

export function opened(socket: WebSocket): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The next message, with whether it came as binary. */
export function nextMessage(socket: WebSocket): Promise<{ text: string; isBinary: boolean }> {
  return new Promise((resolve, reject) => {
    const close = (code: number) => reject(new Error(`closed with ${code}`));
    socket.once('close', close);
    socket.once('message', (data, isBinary) => {
      socket.off('close', close);
      resolve({ text: data.toString(), isBinary });
    });
  });
}

export function closed(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

/** The status and body with which a handshake was refused. */
export function refused(socket: WebSocket): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    socket.once('open', () => reject(new Error('the handshake was accepted')));
    socket.on('error', () => {});
  });
}

/** Says hello and gives the connection's own id; what was sent to the socket before has arrived by then. */
export function hello(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    const close = (code: number) => reject(new Error(`closed with ${code}`));
    socket.once('close', close);
    socket.on('message', function answer(data) {
      const [, id] = /^{"connectionId":"(.*)"}$/.exec(data.toString()) ?? [];
      if (id === undefined) return;
      socket.off('message', answer);
      socket.off('close', close);
      resolve(id);
    });
    socket.send('{"action":"hello"}');
  });
}
