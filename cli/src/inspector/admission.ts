// The inspector's server: who may ask. Any web page can send requests to any port of this machine, have its own domain
// resolve to it, and put its address into a form, a frame or an image.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answer, failure } from './answers.ts';
import type { BrowserCookie } from './browser-cookie.ts';

/** `program`: it has the token of the state file. `browser`: it has opened a one-time link. `unknown`: neither. */
export type Caller = 'program' | 'browser' | 'unknown';

interface AdmissionOptions {
  readonly port: number;
  /** The token of programs. */
  readonly token: string;
  readonly cookie: BrowserCookie;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #hosts: readonly string[];

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#hosts = [`127.0.0.1:${options.port}`, `localhost:${options.port}`];
  }

  /** The answer to a request of another site; undefined if it may go on. */
  refusal({ headers, method }: IncomingMessage): Answer | undefined {
    const { host = '', origin } = headers;
    if (!this.#hosts.includes(host.toLowerCase()))
      return failure('forbidden', `the inspector answers at ${this.#hosts.join(' and ')} only`);
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
      return failure('forbidden', 'pages of other sites may not use the inspector');
    const site = headers['sec-fetch-site'];
    // `none`: typed, from a bookmark, or from another program, such as a terminal.
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return failure(
        'forbidden',
        'links and pages of other sites may not open the inspector: type or paste its URL',
      );
    if (headers.upgrade !== undefined) return failure('forbidden', 'the inspector has no WebSocket');
    const isChange = method !== 'GET' && method !== 'HEAD';
    if (isChange && origin === undefined && headers.authorization === undefined)
      return failure(
        'forbidden',
        'a request that changes something needs the header Origin or Authorization',
      );
    return undefined;
  }

  caller({ headers }: IncomingMessage): Caller {
    const { authorization, cookie } = headers;
    if (authorization !== undefined)
      return isSame(authorization, `Bearer ${this.#options.token}`) ? 'program' : 'unknown';
    return this.#options.cookie.isIn(cookie) ? 'browser' : 'unknown';
  }
}

/** In a time that tells nothing of either. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map((each) => createHash('sha256').update(each).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}
