// The caller of every measurement over HTTP: Node's own client on kept-alive connections, each request timed.
import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** From the call until the last byte of the answer. */
  readonly ms: number;
}

/** A request without an answer fails after this, in milliseconds. */
const boundMs = 30_000;

export class HttpCaller {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path, {});
  }

  post(path: string, contentType: string, body: Uint8Array): Promise<Answer> {
    const headers = { 'content-type': contentType, 'content-length': String(body.length) };
    return this.#send('POST', path, headers, body);
  }

  /** Like `get`, for measurements in which an answer other than 200 spoils the figure. */
  async getOk(path: string): Promise<Answer> {
    const answer = await this.get(path);
    if (answer.status !== 200)
      throw new Error(`${path} answered ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, headers: Record<string, string>, body?: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const outgoing = request(
        `${this.#baseUrl}${path}`,
        { method, headers, agent: this.#agent },
        (incoming) => {
          const parts: Buffer[] = [];
          incoming.on('data', (part: Buffer) => parts.push(part));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const ms = performance.now() - startedAt;
            resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(parts), ms });
          });
        },
      );
      outgoing.setTimeout(boundMs, () =>
        outgoing.destroy(new Error(`no answer from ${path} within ${boundMs} ms`)),
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
