// [5] The worker's side of SOCKS5 (RFC 1928) with username and password (RFC 1929): what to send, and what the answers mean.
import { isIP } from 'node:net';

/** What came of the bytes received so far. */
export type SocksStep =
  | { readonly kind: 'wait' }
  | { readonly kind: 'send'; readonly bytes: Buffer }
  /** Connected; `address` is the target's as far as the server reports it, `rest` what the target has sent already. */
  | { readonly kind: 'connected'; readonly address: string | undefined; readonly rest: Buffer }
  /** The server's reply code, 1 to 255. */
  | { readonly kind: 'refused'; readonly reply: number }
  /** It is not the server that was expected, or it does not accept the password. */
  | { readonly kind: 'broken'; readonly what: string };

interface SocksRequest {
  /** 1 to 255 bytes each. */
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
}

export class SocksExchange {
  readonly #request: SocksRequest;
  #received: Buffer = Buffer.alloc(0);
  #state: 'method' | 'login' | 'reply' | 'over' = 'method';

  constructor(request: SocksRequest) {
    this.#request = request;
  }

  /** What is sent first. */
  get greeting(): Buffer {
    return Buffer.from([5, 1, 2]);
  }

  /** At most 262 bytes are kept: the longest reply. */
  take(chunk: Buffer): SocksStep {
    this.#received = Buffer.concat([this.#received, chunk]);
    const bytes = this.#received;
    if (this.#state === 'method') {
      if (bytes.length < 2) return { kind: 'wait' };
      this.#received = bytes.subarray(2);
      if (bytes[0] !== 5 || bytes[1] !== 2) return this.#broken('it is not a SOCKS5 server with a password');
      this.#state = 'login';
      const { username, password } = this.#request;
      return { kind: 'send', bytes: Buffer.concat([Buffer.from([1]), counted(username), counted(password)]) };
    }
    if (this.#state === 'login') {
      if (bytes.length < 2) return { kind: 'wait' };
      this.#received = bytes.subarray(2);
      if (bytes[0] !== 1 || bytes[1] !== 0) return this.#broken('it does not accept the password');
      this.#state = 'reply';
      return { kind: 'send', bytes: connectRequest(this.#request.host, this.#request.port) };
    }
    return this.#takeReply(bytes);
  }

  #takeReply(bytes: Buffer): SocksStep {
    const [version, reply = 0, , type] = bytes;
    if (version !== undefined && version !== 5) return this.#broken('its reply is not SOCKS5');
    if (bytes.length < 5) return { kind: 'wait' };
    if (type !== 1 && type !== 3 && type !== 4) return this.#broken('its reply is not SOCKS5');
    const from = type === 3 ? 5 : 4;
    const length = type === 1 ? 4 : type === 4 ? 16 : (bytes[4] ?? 0);
    const end = from + length + 2;
    if (bytes.length < end) return { kind: 'wait' };
    this.#state = 'over';
    if (reply !== 0) return { kind: 'refused', reply };
    return {
      kind: 'connected',
      address: boundAddress(bytes.subarray(from, from + length), type),
      rest: bytes.subarray(end),
    };
  }

  #broken(what: string): SocksStep {
    this.#state = 'over';
    return { kind: 'broken', what };
  }
}

/** CONNECT to a name or an address. */
function connectRequest(host: string, port: number): Buffer {
  const family = isIP(host);
  const target =
    family === 4
      ? Buffer.from([1, ...host.split('.').map(Number)])
      : family === 6
        ? Buffer.from([4, ...ipv6Bytes(host)])
        : Buffer.concat([Buffer.from([3]), counted(host)]);
  return Buffer.concat([Buffer.from([5, 1, 0]), target, Buffer.from([port >> 8, port & 0xff])]);
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** Of a valid address. */
function ipv6Bytes(address: string): number[] {
  const hex = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = '', tail] = hex.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const groups =
    tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return (groups as string[]).flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Undefined for a name, and for an address that says nothing of the target: unspecified or loopback. */
function boundAddress(bytes: Buffer, type: number): string | undefined {
  if (type === 1) return bytes[0] === 0 || bytes[0] === 127 ? undefined : bytes.join('.');
  if (type !== 4 || bytes.subarray(0, 15).every((byte) => byte === 0)) return undefined;
  return new URL(`http://[${bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:')}]`).hostname.slice(1, -1);
}
