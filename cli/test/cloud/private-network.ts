// A network namespace that stands for a VPC: it has an address of its own, and no way to this machine or from it.
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

let count = 0;

export class PrivateNetwork {
  readonly name: string;
  /** Of the only host in it, in a network with 24 bits. */
  readonly address = '10.99.0.1';
  /** Resolves to that address, only there. */
  readonly hostName = 'db.internal';
  readonly #processes = new Set<ChildProcess>();

  /** `hosts` are further lines of its /etc/hosts. */
  constructor(hosts: readonly string[] = []) {
    count += 1;
    this.name = `livectl-vpc-${process.pid}-${count}`;
    ip('netns', 'add', this.name);
    const inside = ['-n', this.name];
    ip(...inside, 'link', 'set', 'lo', 'up');
    // Both ends are in it, so it leads nowhere.
    ip(...inside, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1');
    ip(...inside, 'address', 'add', `${this.address}/24`, 'dev', 'eth0');
    for (const device of ['eth0', 'eth1']) ip(...inside, 'link', 'set', device, 'up');
    // `ip netns exec` mounts these over /etc.
    const etc = `/etc/netns/${this.name}`;
    mkdirSync(etc, { recursive: true });
    const lines = ['127.0.0.1 localhost', `${this.address} ${this.hostName}`, ...hosts];
    writeFileSync(`${etc}/hosts`, `${lines.join('\n')}\n`);
    writeFileSync(`${etc}/resolv.conf`, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  }

  /** Starts a program there; it ends with the network at the latest. */
  spawn(command: readonly [string, ...string[]], options: SpawnOptions = {}): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name, ...command], options);
    this.#processes.add(child);
    child.once('exit', () => this.#processes.delete(child));
    return child;
  }

  /** Runs a program there to its end; returns what it wrote. Throws if it fails. */
  run(...command: readonly [string, ...string[]]): string {
    return execFileSync('ip', ['netns', 'exec', this.name, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Process ids of what runs there. */
  get processes(): number[] {
    const listed = execFileSync('ip', ['netns', 'pids', this.name], { encoding: 'utf8' });
    return listed.trim().split('\n').filter(Boolean).map(Number);
  }

  /** Process ids of Lambda functions there: what runs one module only. Their NATs run the function's as well. */
  get functions(): number[] {
    return this.processes.filter((pid) => {
      const [, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return args.filter((each) => each.endsWith('.mjs')).length === 1;
    });
  }

  async remove(): Promise<void> {
    for (const child of this.#processes) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    ip('netns', 'delete', this.name);
    rmSync(`/etc/netns/${this.name}`, { recursive: true, force: true });
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
