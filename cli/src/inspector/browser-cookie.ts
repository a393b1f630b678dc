// The inspector's server: the cookie of a browser that has opened a one-time link.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';

/** How long a browser may use the page after it has opened a link, in milliseconds. */
export const cookieMs = 7 * 24 * 3600_000;

interface CookieOptions {
  /** Browsers send a cookie to every port of a host, so its name and its signature have this one. */
  readonly port: number;
  readonly secret: Uint8Array;
  readonly clock: Clock;
}

export class BrowserCookie {
  readonly #options: CookieOptions;
  readonly #name: string;

  constructor(options: CookieOptions) {
    this.#options = options;
    this.#name = `livectl-inspector-${options.port}`;
  }

  /** The header `Set-Cookie` of a new one. */
  create(): string {
    const expires = this.#options.clock.now() + cookieMs;
    const value = `${expires}.${this.#signature(expires)}`;
    return `${this.#name}=${value}; Path=/; Max-Age=${cookieMs / 1000}; HttpOnly; SameSite=Strict`;
  }

  /** Whether the header `Cookie` has a valid one. Other servers of this host can set others of the same name beside it. */
  isIn(header: string | undefined): boolean {
    if (header === undefined) return false;
    return header.split(';').some((each) => {
      const [name, value = ''] = each.trim().split('=', 2);
      return name === this.#name && this.#isValid(value);
    });
  }

  #isValid(value: string): boolean {
    const [text = '', signature = ''] = value.split('.', 2);
    const expires = Number(text);
    const given = Buffer.from(signature);
    const right = Buffer.from(this.#signature(expires));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
    return this.#options.clock.now() < expires;
  }

  #signature(expires: number): string {
    const { port, secret } = this.#options;
    return createHmac('sha256', secret).update(`${port} ${expires}`).digest('base64url');
  }
}
