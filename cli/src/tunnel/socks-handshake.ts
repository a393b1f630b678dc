// SOCKS5 (RFC 1928) with user and password (RFC 1929): the bytes before a connection, from any program of this machine.

/** What to send to the client, and what follows from its bytes so far. */
export interface SocksStep {
  readonly reply: readonly Uint8Array[];
  /** The connection must be closed after the reply; the reason is for a count, not for the client. */
  readonly refused?: SocksRefusal;
  /** What the client wants; bytes after it belong to the connection. */
  readonly request?: SocksRequest;
}

export type SocksRefusal = 'version' | 'method' | 'password' | 'command' | 'address';

export interface SocksRequest {
  /** Its user's name, with the right password. */
  readonly user: string;
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** Sent without waiting for the answer. */
  readonly early: Buffer;
}

/** Replies of RFC 1928, 6. */
export const socksReply = {
  succeeded: 0,
  failure: 1,
  notAllowed: 2,
  hostUnreachable: 4,
  refused: 5,
  ttlExpired: 6,
  commandNotSupported: 7,
  addressNotSupported: 8,
} as const;

/** The reply to a request; a client has no use for the bound address. */
export function replyBytes(code: number): Buffer {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

const userAndPassword = 2;

/**
 * Reads a handshake. Each of its messages has at most 513 bytes, so no more than that is ever kept. A client that does not
 * offer user and password is refused, and one that gives them wrong learns nothing else.
 */
export class SocksHandshake {
  readonly #mayUse: (user: string, password: string) => boolean;
  #state: 'greeting' | 'login' | 'request' | 'over' = 'greeting';
  #bytes = Buffer.alloc(0);
  #user = '';

  /** `mayUse` should compare in constant time. */
  constructor(mayUse: (user: string, password: string) => boolean) {
    this.#mayUse = mayUse;
  }

  /** Takes the client's next bytes. After a refusal or a request it must not be called again. */
  push(bytes: Uint8Array): SocksStep {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const reply: Uint8Array[] = [];
    for (;;) {
      const step = this.#next();
      if (step === undefined) return { reply };
      reply.push(...step.reply);
      if (step.refused !== undefined || step.request !== undefined) {
        this.#state = 'over';
        return { ...step, reply };
      }
    }
  }

  /** Undefined until the next message is whole. */
  #next(): SocksStep | undefined {
    switch (this.#state) {
      case 'greeting':
        return this.#greeting();
      case 'login':
        return this.#login();
      case 'request':
        return this.#request();
      case 'over':
        return undefined;
    }
  }

  #greeting(): SocksStep | undefined {
    const [version, count] = this.#bytes;
    // An HTTP request or a TLS handshake shows at its first byte.
    if (version !== undefined && version !== 5) return { reply: [], refused: 'version' };
    const methods = count === undefined ? undefined : this.#take(2, count);
    if (methods === undefined) return undefined;
    if (!methods.includes(userAndPassword)) return { reply: [Buffer.from([5, 0xff])], refused: 'method' };
    this.#state = 'login';
    return { reply: [Buffer.from([5, userAndPassword])] };
  }

  #login(): SocksStep | undefined {
    const [version, userLength] = this.#bytes;
    if (version !== undefined && version !== 1) return { reply: [], refused: 'version' };
    if (userLength === undefined) return undefined;
    const passwordLength = this.#bytes[2 + userLength];
    if (passwordLength === undefined) return undefined;
    const texts = this.#take(2, userLength + 1 + passwordLength);
    if (texts === undefined) return undefined;
    const user = texts.toString('utf8', 0, userLength);
    if (!this.#mayUse(user, texts.toString('utf8', userLength + 1)))
      return { reply: [Buffer.from([1, 1])], refused: 'password' };
    this.#user = user;
    this.#state = 'request';
    return { reply: [Buffer.from([1, 0])] };
  }

  #request(): SocksStep | undefined {
    const [version, command, , kind, nameLength] = this.#bytes;
    if (version !== undefined && version !== 5) return { reply: [], refused: 'version' };
    if (command !== undefined && command !== 1)
      return { reply: [replyBytes(socksReply.commandNotSupported)], refused: 'command' };
    if (kind === undefined) return undefined;
    const refused = {
      reply: [replyBytes(socksReply.addressNotSupported)],
      refused: 'address',
    } as const;
    if (kind !== 1 && kind !== 3 && kind !== 4) return refused;
    if (kind === 3 && nameLength === undefined) return undefined;
    const [from, length] = kind === 3 ? [5, nameLength as number] : [4, kind === 1 ? 4 : 16];
    const place = this.#take(from, length + 2);
    if (place === undefined) return undefined;
    const host = hostIn(kind, place.subarray(0, length));
    const port = place.readUInt16BE(length);
    if (host === undefined || port === 0) return refused;
    return { reply: [], request: { user: this.#user, host, port, early: this.#bytes } };
  }

  /** Removes a message of `from + length` bytes and returns it from `from` on; undefined until it has arrived. */
  #take(from: number, length: number): Buffer | undefined {
    if (this.#bytes.length < from + length) return undefined;
    const message = this.#bytes.subarray(from, from + length);
    this.#bytes = this.#bytes.subarray(from + length);
    return message;
  }
}

/** Undefined for a name that is empty or that a terminal would obey. */
function hostIn(kind: 1 | 3 | 4, bytes: Buffer): string | undefined {
  if (kind === 1) return bytes.join('.');
  if (kind === 3) {
    const name = bytes.toString('utf8');
    return name !== '' && !/[\p{Cc}\p{Cf}\p{Z}\ufffd]/u.test(name) ? name : undefined;
  }
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
