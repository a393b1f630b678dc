// The line that a person copies into another terminal, by the port's usual service. Host names of TLS stay right where the
// program can be told both.
import { shellWords } from '../log/shell-words.ts';

export interface Forwarded {
  readonly host: string;
  readonly port: number;
  /** On 127.0.0.1. */
  readonly localPort: number;
}

/** A command, or the address for any other program. Capital letters stand for what only the person knows. */
export function pasteLine({ host, localPort, port }: Forwarded): string {
  const local = String(localPort);
  switch (port) {
    case 5432:
    case 5433:
    case 5439:
    case 6432:
      // libpq connects to hostaddr, and verifies the certificate of host.
      return `psql "host=${host} hostaddr=127.0.0.1 port=${local} user=USER dbname=DATABASE"`;
    case 3306:
      return `mysql --host=127.0.0.1 --port=${local} --user=USER --password`;
    case 6379:
    case 6380:
      return `redis-cli -h 127.0.0.1 -p ${local}   # with TLS: --tls --sni ${host}`;
    case 27017:
      return `mongosh "mongodb://127.0.0.1:${local}/?directConnection=true"`;
    case 80:
    case 443:
    case 8080:
    case 8443:
    case 9200: {
      const scheme = port === 443 || port === 8443 ? 'https' : 'http';
      const inUrl = host.includes(':') ? `[${host}]` : host;
      const shown = port === 443 || port === 80 ? '' : `:${port}`;
      return shellWords(['curl', '--connect-to', `::127.0.0.1:${local}`, `${scheme}://${inUrl}${shown}/`]);
    }
    default:
      return `127.0.0.1:${local}`;
  }
}

/** For `--socks`: the proxy resolves names in the VPC (`socks5h`). `password` is inserted as it is. */
export function socksLine(proxy: {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}): string {
  return `curl --proxy "socks5h://${proxy.user}:${proxy.password}@127.0.0.1:${proxy.port}" http://HOST:PORT/`;
}
