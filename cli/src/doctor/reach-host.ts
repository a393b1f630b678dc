// One connection to a host, as livectl's requests take it: through the proxy, then TLS. Says at which step it ends.
import { connect, type Socket } from 'node:net';
import { connect as secureConnect, type TLSSocket } from 'node:tls';

/** Where a connection ended. */
export type Stopped =
  /** The first address, the host's or the proxy's, could not be connected to. */
  | { readonly at: 'connect'; readonly code: string }
  /** The proxy answered CONNECT with something other than 200. */
  | { readonly at: 'proxy'; readonly status: number; readonly schemes: readonly string[] }
  /** What the proxy answered is not HTTP, or it closed the connection. */
  | { readonly at: 'no proxy' }
  /** The TLS handshake with the host or with the proxy failed. */
  | { readonly at: 'tls'; readonly code: string }
  /** The certificate is not trusted. `issuer` is the distinguished name that its chain ends with. */
  | { readonly at: 'certificate'; readonly code: string; readonly issuer: string; readonly validTo: string }
  /** Nothing came in time. */
  | { readonly at: 'time'; readonly during: 'connect' | 'proxy' | 'tls' };

export interface ReachOptions {
  readonly url: URL;
  /** Undefined for a direct connection. */
  readonly proxy: URL | undefined;
  readonly boundMs: number;
}

/** Resolves with undefined if the host was reached. Sends nothing to the host beyond the handshake. Never rejects. */
export function reachHost({ boundMs, proxy, url }: ReachOptions): Promise<Stopped | undefined> {
  return new Promise((resolve) => {
    const sockets: Socket[] = [];
    let during: 'connect' | 'proxy' | 'tls' = 'connect';
    const settle = (stopped: Stopped | undefined) => {
      clearTimeout(bound);
      for (const socket of sockets.reverse()) socket.destroy();
      resolve(stopped);
    };
    const bound = setTimeout(() => settle({ at: 'time', during }), boundMs);
    const keep = <Kind extends Socket>(socket: Kind): Kind => {
      sockets.push(socket);
      socket.on('error', (error: NodeJS.ErrnoException) => {
        const code = error.code ?? error.message;
        settle(during === 'connect' ? { at: 'connect', code } : { at: 'tls', code });
      });
      return socket;
    };
    const secure = (socket: Socket | undefined) => {
      if (url.protocol !== 'https:') return settle(undefined);
      during = 'tls';
      const over = keep(handshake(url, socket));
      over.on('secureConnect', () => settle(over.authorized ? undefined : untrusted(over)));
      over.on('end', () => settle({ at: 'tls', code: 'the connection was closed' }));
    };
    if (proxy === undefined) {
      const socket = keep(connect(portOf(url), hostOf(url)));
      socket.on('connect', () => secure(socket));
      return;
    }
    const ask = (socket: Socket) => {
      during = 'proxy';
      socket.on('end', () => during === 'proxy' && settle({ at: 'no proxy' }));
      askProxy(socket, proxy, url, (answer) => {
        if (answer === undefined) settle({ at: 'no proxy' });
        else if (answer.status === 200) secure(socket);
        else settle({ at: 'proxy', ...answer });
      });
    };
    const socket = keep(connect(portOf(proxy), hostOf(proxy)));
    socket.on('connect', () => {
      if (proxy.protocol !== 'https:') return ask(socket);
      during = 'tls';
      const over = keep(handshake(proxy, socket));
      over.on('secureConnect', () => (over.authorized ? ask(over) : settle(untrusted(over))));
    });
  });
}

function handshake(url: URL, socket: Socket | undefined): TLSSocket {
  const host = hostOf(url);
  // An untrusted certificate is looked at, not used: nothing is sent.
  return secureConnect({ host, port: portOf(url), socket, servername: host, rejectUnauthorized: false });
}

function untrusted(socket: TLSSocket): Stopped {
  let last = socket.getPeerCertificate(true);
  const validTo = last.valid_to ?? '';
  // A self-signed one names itself.
  for (let depth = 0; depth < 10 && last.issuerCertificate && last.issuerCertificate !== last; depth++)
    last = last.issuerCertificate;
  const { authorizationError: problem } = socket;
  const code = (problem as NodeJS.ErrnoException)?.code ?? String(problem);
  return { at: 'certificate', code, issuer: nameOf(last.issuer ?? {}), validTo };
}

/** A distinguished name in one line, as `CN=Proxy CA, O=Example`. */
function nameOf(name: object): string {
  const parts = ['CN', 'OU', 'O'].flatMap((key) => {
    const value = (name as Readonly<Record<string, unknown>>)[key];
    return value === undefined ? [] : [`${key}=${String(value)}`];
  });
  return parts.join(', ').slice(0, 200) || 'somebody without a name';
}

/** A longer head does not come from a proxy. */
const mostHeadBytes = 16 * 1024;

function askProxy(
  socket: Socket,
  proxy: URL,
  url: URL,
  answered: (answer: { status: number; schemes: string[] } | undefined) => void,
): void {
  const target = `${url.hostname}:${portOf(url)}`;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authorization =
    proxy.username === '' ? '' : `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  let head = '';
  const read = (bytes: Buffer) => {
    head += bytes.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length < mostHeadBytes) return;
    socket.off('data', read);
    socket.pause();
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
    const lines = head.slice(0, Math.max(0, end)).split('\r\n');
    const schemes = lines
      .filter((line) => line.toLowerCase().startsWith('proxy-authenticate:'))
      .map(
        (line) =>
          line
            .slice(line.indexOf(':') + 1)
            .trim()
            .split(' ')[0] ?? '',
      );
    answered(end < 0 || status === undefined ? undefined : { status: Number(status), schemes });
  };
  socket.on('data', read);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}
