// A VPC for tests: a network namespace in which the tunnel function runs, with a name server and servers of the test's own.
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket as NetSocket } from 'node:net';
import { serve } from './servers.ts';

/** Whether this user may create namespaces here. */
export function namespacesAllowed(): boolean {
  const name = `livectl-probe-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'delete', name);
    return true;
  } catch {
    return false;
  }
}

/** Answers by name: IPv4 addresses, `fail` for an error of the server, `silent` for none. Each call may answer otherwise. */
export type Answers = (name: string) => readonly string[] | 'fail' | 'silent';

/** The test's side of a pair of interfaces has `host`; the function's side has `inside`. */
export class Vpc {
  readonly host = '10.78.0.1';
  readonly inside = '10.78.0.2';
  /** Has no route. */
  readonly unreachable = '10.78.9.9';
  /** Names that were asked for, in order, with the type of the record. */
  readonly asked: string[] = [];
  answers: Answers = () => [];
  readonly #name = `livectl-vpc-${process.pid}`;
  readonly #device = `lv${process.pid % 1_000_000}`;
  readonly #server: Socket = createSocket('udp4');

  async start(): Promise<this> {
    const inside = ['-n', this.#name];
    ip('netns', 'add', this.#name);
    ip('link', 'add', this.#device, 'type', 'veth', 'peer', 'eth0', 'netns', this.#name);
    ip('address', 'add', `${this.host}/24`, 'dev', this.#device);
    ip('link', 'set', this.#device, 'up');
    ip(...inside, 'address', 'add', `${this.inside}/24`, 'dev', 'eth0');
    ip(...inside, 'link', 'set', 'lo', 'up');
    ip(...inside, 'link', 'set', 'eth0', 'up');
    ip(...inside, 'route', 'add', 'unreachable', `${this.unreachable}/32`);
    // `ip netns exec` mounts these over /etc.
    mkdirSync(`/etc/netns/${this.#name}`, { recursive: true });
    writeFileSync(
      `/etc/netns/${this.#name}/resolv.conf`,
      `nameserver ${this.host}\nsearch vpc.internal\noptions timeout:3 attempts:1\n`,
    );
    writeFileSync(`/etc/netns/${this.#name}/hosts`, '127.0.0.1 localhost\n');
    this.#server.on('message', (query, from) => {
      const answer = this.#answer(query);
      if (answer) this.#server.send(answer, from.port, from.address);
    });
    this.#server.bind(53, this.host);
    await once(this.#server, 'listening');
    return this;
  }

  /** The command that runs another one inside. */
  get exec(): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name];
  }

  /** A service of this machine, as it is reached from inside: until the end of the test, through a port of `host`. */
  async reach(url: string): Promise<string> {
    const reached = new URL(url);
    const port = Number(reached.port);
    const onSocket = (near: NetSocket) => {
      const far = connect(port, '127.0.0.1');
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
      near.pipe(far).pipe(near);
    };
    const server = await serve(onSocket, this.host);
    reached.host = `${server.address}:${server.port}`;
    return reached.href;
  }

  async stop(): Promise<void> {
    this.#server.close();
    ip('netns', 'delete', this.#name);
    rmSync(`/etc/netns/${this.#name}`, { recursive: true, force: true });
  }

  /** RFC 1035, as far as a resolver that asks for one name needs it. */
  #answer(query: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const isIPv4 = query.readUInt16BE(at + 1) === 1;
    const name = labels.join('.');
    this.asked.push(`${isIPv4 ? 'A' : 'AAAA'} ${name}`);
    const found = isIPv4 ? this.answers(name) : [];
    if (found === 'silent') return undefined;
    const addresses = found === 'fail' ? [] : found;
    // 3: there is no such name; 2: the server failed.
    const code = found === 'fail' ? 2 : addresses.length === 0 && isIPv4 ? 3 : 0;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
    );
    return Buffer.concat([head, query.subarray(12, at + 5), ...records]);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
