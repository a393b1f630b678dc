// Says whether its database answers, from wherever this code runs: a TCP connection and PostgreSQL's request for TLS.
// No driver and no password, so that there is nothing to install; your queries would go here.
import { once } from 'node:events';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

const boundMs = 3000;
/** SSLRequest: its length, and its code. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

export async function handler() {
  const { hostname, port } = new URL(process.env.DATABASE_URL);
  const start = performance.now();
  const socket = connect({ host: hostname, port: Number(port || 5432) });
  const bound = AbortSignal.timeout(boundMs);
  try {
    await once(socket, 'connect', { signal: bound });
    socket.write(tlsRequest);
    const [answer] = await once(socket, 'data', { signal: bound });
    return {
      host: hostname,
      address: socket.remoteAddress,
      tls: answer.toString('latin1', 0, 1) === 'S',
      milliseconds: Math.round(performance.now() - start),
    };
  } catch (cause) {
    throw new Error(`${hostname}:${port || 5432} doesn't answer PostgreSQL's greeting`, { cause });
  } finally {
    socket.destroy();
  }
}
