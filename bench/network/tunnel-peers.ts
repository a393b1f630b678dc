// The two programs at the ends of a tunnel: a database that answers at once, and its client on the laptop.
//   node dist/bench.mjs network --tunnel-database HOST           prints its port, runs until its stdin ends
//   node dist/bench.mjs network --tunnel-client PORT WORK ...    prints what it measured as JSON
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A request: a letter for the direction, and the number of bytes to be sent that way. */
const requestBytes = 9;
const down = 100;
const up = 117;

/** About what a query of one row brings. */
const queryBytes = 200;
const chunkBytes = 64 * 1024;
const roundMs = 500;
/** Nothing compresses it. */
const chunk = randomBytes(chunkBytes);

export async function tunnelDatabase([host = '']: readonly string[]): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    void answer(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  console.log((server.address() as AddressInfo).port);
  process.stdin.resume().on('end', () => process.exit(0));
}

/** `d` n: sends n bytes. `u` n: takes n bytes, then sends one. */
async function answer(socket: Socket): Promise<void> {
  let pending = Buffer.alloc(0);
  let awaited = 0;
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    let rest = bytes;
    while (rest.length > 0) {
      if (awaited > 0) {
        const taken = Math.min(awaited, rest.length);
        awaited -= taken;
        rest = rest.subarray(taken);
        if (awaited === 0) socket.write('.');
        continue;
      }
      const missing = requestBytes - pending.length;
      pending = Buffer.concat([pending, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (pending.length < requestBytes) break;
      const count = Number(pending.readBigUInt64BE(1));
      const isDown = pending[0] === down;
      pending = Buffer.alloc(0);
      if (isDown) await send(socket, count);
      else awaited = count;
    }
  }
}

async function send(socket: Socket, count: number): Promise<void> {
  for (let left = count; left > 0; left -= chunkBytes) {
    if (!socket.write(chunk.subarray(0, Math.min(left, chunkBytes)))) await once(socket, 'drain');
  }
}

class Client {
  readonly #socket: Socket;
  #awaited = 0;
  #done: () => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#awaited -= bytes.length;
      if (this.#awaited <= 0) this.#done();
    });
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#failed(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** Milliseconds until the last byte has arrived. */
  async down(count: number): Promise<number> {
    const startedAt = performance.now();
    await this.#awaiting(count, () => this.#socket.write(request(down, count)));
    return performance.now() - startedAt;
  }

  /** Milliseconds until the database has said that it has the last byte. */
  async up(count: number): Promise<number> {
    const startedAt = performance.now();
    await this.#awaiting(1, async () => {
      this.#socket.write(request(up, count));
      await send(this.#socket, count);
    });
    return performance.now() - startedAt;
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #awaiting(count: number, ask: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#awaited = count;
      this.#done = resolve;
      this.#failed = reject;
      void ask();
    });
  }
}

function request(kind: number, count: number): Buffer {
  const bytes = Buffer.alloc(requestBytes);
  bytes[0] = kind;
  bytes.writeBigUInt64BE(BigInt(count), 1);
  return bytes;
}

/** What a client prints: milliseconds of each piece of work, and how many failed. */
export interface ClientFigures {
  readonly samples: readonly number[];
  readonly failed: number;
}

export async function tunnelClient([portText, work, ...args]: readonly string[]): Promise<void> {
  const port = Number(portText);
  const [first = 0, second = 0] = args.map(Number);
  const figures = await works[work ?? '']?.(port, first, second);
  console.log(JSON.stringify(figures));
  process.exit(0);
}

const works: Readonly<
  Record<string, (port: number, first: number, second: number) => Promise<ClientFigures>>
> = {
  /** `queries N`: one after the other on one connection, after 10 to warm up. */
  async queries(port, times) {
    const client = await Client.open(port);
    const samples: number[] = [];
    for (let count = -10; count < times; count += 1) {
      const ms = await client.down(queryBytes);
      if (count >= 0) samples.push(ms);
    }
    client.close();
    return { samples, failed: 0 };
  },

  /** `down BYTES TIMES`, after two megabytes to warm up. */
  download: (port, bytes, times) => transfers(port, times, (client, count) => client.down(count), bytes),
  upload: (port, bytes, times) => transfers(port, times, (client, count) => client.up(count), bytes),

  /** `connects N ATONCE`: each makes a query and ends; one sample, the time of all. */
  async connects(port, times, atOnce) {
    const first = await Client.open(port);
    await first.down(queryBytes);
    let left = times;
    let failed = 0;
    const startedAt = performance.now();
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        try {
          const client = await Client.open(port);
          await client.down(queryBytes);
          client.close();
        } catch {
          failed += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const samples = [performance.now() - startedAt];
    first.close();
    return { samples, failed };
  },

  /**
   * `soak SECONDS`: a round twice a second at most, with a query, a connect with a query, and a megabyte each way; one sample for
   * each round.
   */
  async soak(port, seconds) {
    const samples: number[] = [];
    let failed = 0;
    const until = performance.now() + seconds * 1000;
    const client = await Client.open(port);
    while (performance.now() < until) {
      const startedAt = performance.now();
      try {
        await client.down(queryBytes);
        const other = await Client.open(port);
        await other.down(queryBytes);
        await Promise.all([client.down(1_000_000), other.up(1_000_000)]);
        other.close();
        const ms = performance.now() - startedAt;
        samples.push(ms);
        await pause(Math.max(0, roundMs - ms));
      } catch {
        failed += 1;
        if (failed > 10) break;
      }
    }
    client.close();
    return { samples, failed };
  },
};

async function transfers(
  port: number,
  times: number,
  transfer: (client: Client, bytes: number) => Promise<number>,
  bytes: number,
): Promise<ClientFigures> {
  const client = await Client.open(port);
  await transfer(client, 2_000_000);
  const samples: number[] = [];
  for (let count = 0; count < times; count += 1) samples.push(await transfer(client, bytes));
  client.close();
  return { samples, failed: 0 };
}
