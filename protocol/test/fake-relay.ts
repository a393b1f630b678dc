// A relay for tests: API Gateway's WebSocket and @connections as far as both ends use them, with injectable faults.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A `POST @connections/{id}` that arrived; the test may decide what happens to it. */
export interface RelayPost {
  readonly connectionId: string;
  readonly text: string;
  /** Of this relay, from 1. */
  readonly number: number;
}

export interface Peer {
  readonly connectionId: string;
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  /** Everything the peer sent, including keepalives. */
  readonly said: string[];
}

export class FakeRelay {
  /** Open connections by id. */
  readonly peers = new Map<string, Peer>();
  readonly posts: RelayPost[] = [];
  /** A status to answer instead of delivering; `swallow` answers 200 and delivers nothing, `hang` never answers. */
  onPost: (post: RelayPost) => number | 'swallow' | 'hang' | undefined = () => undefined;
  /** A status to refuse the handshake with. */
  onConnect: () => number | undefined = () => undefined;
  /** The answer to what the peer sends; undefined is silence. */
  onSaid: (peer: Peer, text: string) => string | undefined = answerAsApiGateway;
  /** Deliver as binary frames, as some emulators do. */
  binary = false;
  readonly #server = createServer((request, response) => this.#http(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 128 * 1024 });
  readonly #hanging = new Set<ServerResponse>();
  readonly #watchers = new Set<() => void>();
  #connections = 0;

  constructor() {
    this.#server.on('upgrade', (request, socket, head) => {
      const status = request.url === '/live' ? this.onConnect() : 403;
      if (status !== undefined)
        socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      else
        this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request));
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** The stage URL; `scheme` `ws` or `http`. */
  url(scheme = 'http'): string {
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/live`;
  }

  /** Cuts the connections of all posts that hang. */
  cutHanging(): void {
    for (const response of this.#hanging) response.destroy();
    this.#hanging.clear();
  }

  /** Delivers a message to a peer, as a post would. */
  deliver(connectionId: string, text: string): void {
    this.#peer(connectionId).socket.send(this.binary ? Buffer.from(text) : text);
  }

  /** Ends a connection as API Gateway does when its time is up. */
  disconnect(connectionId: string): void {
    const { socket } = this.#peer(connectionId);
    this.peers.delete(connectionId);
    socket.close(1001, 'Going away');
  }

  /** Resolves as soon as `condition` holds; checked after everything that happens here. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    for (const { socket } of this.peers.values()) socket.terminate();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #peer(connectionId: string): Peer {
    const peer = this.peers.get(connectionId);
    if (!peer) throw new Error(`no connection ${connectionId}`);
    return peer;
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    this.#connections += 1;
    const peer = { connectionId: `conn${this.#connections}=`, request, socket, said: [] as string[] };
    this.peers.set(peer.connectionId, peer);
    socket.on('message', (data) => {
      const text = String(data);
      peer.said.push(text);
      const answer = this.onSaid(peer, text);
      if (answer !== undefined) socket.send(this.binary ? Buffer.from(answer) : answer);
      this.#look();
    });
    socket.on('close', () => {
      this.peers.delete(peer.connectionId);
      this.#look();
    });
    this.#look();
  }

  #http(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const connectionId = decodeURIComponent(request.url?.split('/@connections/')[1] ?? '');
      const signed = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ');
      const text = Buffer.concat(parts).toString();
      const status =
        signed && text !== '' ? this.#post({ connectionId, text, number: this.posts.length + 1 }) : 403;
      if (status === 'hang') this.#hanging.add(response);
      else response.writeHead(status).end(status === 200 ? '' : `{"message":"status ${status}"}`);
      this.#look();
    });
  }

  #post(post: RelayPost): number | 'hang' {
    this.posts.push(post);
    const fault = this.onPost(post);
    if (fault === 'hang') return 'hang';
    if (fault === 'swallow') return 200;
    if (fault !== undefined) return fault;
    if (!this.peers.has(post.connectionId)) return 410;
    this.deliver(post.connectionId, post.text);
    return 200;
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** The `hello` route and the keepalive's `$default`. */
export function answerAsApiGateway(peer: Peer, text: string): string {
  return text.includes('hello') ? JSON.stringify({ connectionId: peer.connectionId }) : '{"message":"pong"}';
}
