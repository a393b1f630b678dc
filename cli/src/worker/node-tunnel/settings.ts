// [5] The tunnel's settings for this process: LIVECTL_TUNNEL, parsed.
import { type Allow, parseAllow } from '../../../../protocol/tunnel/allow.ts';

/** Where livectl's SOCKS5 server is, who asks, and what the tunnel may reach. */
export interface TunnelSettings {
  /** The variable's value, for child processes and threads. */
  readonly text: string;
  /** A loopback address. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly allow: Allow;
}

/** Parses LIVECTL_TUNNEL. Throws an error that says what must be different; it contains no value. */
export function parseSettings(text: string): TunnelSettings {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Error('it must be JSON');
  }
  const { proxy, username, password, allow } = (given ?? {}) as Record<string, unknown>;
  const [, host, digits] = /^(127\.0\.0\.1|\[::1\]):(\d{1,5})$/.exec(String(proxy)) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port > 0 && port < 65_536)) throw new Error('"proxy" must be 127.0.0.1:PORT');
  // RFC 1929 has one byte for each length.
  for (const [name, value] of Object.entries({ username, password })) {
    const bytes = typeof value === 'string' ? Buffer.byteLength(value) : 0;
    if (bytes < 1 || bytes > 255) throw new Error(`"${name}" must have 1 to 255 bytes`);
  }
  if (!Array.isArray(allow) || !allow.every((entry) => typeof entry === 'string'))
    throw new Error('"allow" must be a list of destinations');
  return {
    text,
    host: host === '[::1]' ? '::1' : host,
    port,
    username: String(username),
    password: String(password),
    allow: parseAllow(allow),
  };
}
