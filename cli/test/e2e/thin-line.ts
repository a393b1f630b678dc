// A line of a given rate between livectl and the relay: all connections share what it takes upwards, as behind a router.
import { connect, createServer, type Socket } from 'node:net';

interface Passed {
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly seq: number;
  readonly total: number;
}

export interface ThinLine {
  /** Stands for the relay's. */
  readonly port: number;
  /** Bytes that were posted so far. */
  readonly bytes: number;
  /** The chunks of messages that were posted, in the order of their beginning. */
  readonly messages: readonly Passed[];
  close(): Promise<void>;
}

/** What one connection sends before the next one has its turn. */
const sliceBytes = 4096;

/** Opens one to a port of this machine. */
export async function startThinLine(port: number, bytesPerMs: number): Promise<ThinLine> {
  const sockets = new Set<Socket>();
  const messages: Passed[] = [];
  /** Of each connection what it still has to send. */
  const waiting: { data: Buffer; readonly near: Socket; readonly far: Socket }[] = [];
  let bytes = 0;
  let freeAt = 0;
  let isSending = false;
  const next = () => {
    const turn = isSending ? undefined : waiting.shift();
    if (turn === undefined) return;
    isSending = true;
    const slice = turn.data.subarray(0, sliceBytes);
    turn.data = turn.data.subarray(sliceBytes);
    freeAt = Math.max(freeAt, performance.now()) + slice.length / bytesPerMs;
    setTimeout(() => {
      isSending = false;
      if (!turn.far.destroyed) turn.far.write(slice);
      if (turn.data.length > 0) waiting.push(turn);
      else turn.near.resume();
      next();
    }, freeAt - performance.now());
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    let seen = '';
    far.pipe(near);
    near.on('data', (data) => {
      bytes += data.length;
      seen += data.toString('latin1');
      for (const [all, type, id, seq, total] of seen.matchAll(
        /"type":"(\w{1,20})","id":"([\w-]{36})"[^\n]{0,40}?"seq":(\d{1,4}),"total":(\d{1,4})/g,
      )) {
        messages.push({ type, id, seq: Number(seq), total: Number(total) });
        seen = seen.slice(seen.indexOf(all) + all.length);
      }
      seen = seen.slice(-400);
      near.pause();
      waiting.push({ data, near, far });
      next();
    });
    const end = () => {
      near.destroy();
      far.destroy();
      sockets.delete(near);
    };
    sockets.add(near);
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    messages,
    get bytes() {
      return bytes;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
