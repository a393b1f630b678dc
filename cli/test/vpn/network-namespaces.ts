// Two hosts on one machine: network namespaces joined by a veth pair, as a laptop and a VPC are by a VPN.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

const addresses = { laptop: '10.77.0.1', host: '10.77.0.2', silent: '10.77.0.9' } as const;

/** Whether this user may make namespaces here. */
export function namespacesAllowed(): boolean {
  const name = `livectl-try-${process.pid}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export class TwoHosts {
  /** Of the far host, of an address whose packets vanish, and the far host's name on the near host. */
  readonly host = addresses.host;
  readonly silent = addresses.silent;
  readonly name = 'db.internal';
  readonly #near = `livectl-near-${process.pid}`;
  readonly #far = `livectl-far-${process.pid}`;
  readonly #processes: ChildProcess[] = [];

  /** `interfaceName` is what the near host's end is called, e.g. `tun7` for a VPN's. */
  constructor(interfaceName: string) {
    const near = ['-n', this.#near];
    const far = ['-n', this.#far];
    for (const name of [this.#near, this.#far]) ip('netns', 'add', name);
    ip('link', 'add', interfaceName, 'netns', this.#near, 'type', 'veth', 'peer', 'eth0', 'netns', this.#far);
    ip(...near, 'address', 'add', `${addresses.laptop}/24`, 'dev', interfaceName);
    ip(...far, 'address', 'add', `${addresses.host}/24`, 'dev', 'eth0');
    for (const [where, device] of [
      [near, interfaceName],
      [far, 'eth0'],
    ] as const) {
      ip(...where, 'link', 'set', 'lo', 'up');
      ip(...where, 'link', 'set', device, 'up');
    }
    // A neighbour that isn't there: packets go out and nobody takes them, as behind a security group that drops.
    const nobody = ['lladdr', '02:00:00:00:00:99', 'nud', 'permanent', 'dev', interfaceName];
    ip(...near, 'neigh', 'add', addresses.silent, ...nobody);
    // `ip netns exec` mounts these over /etc: the name, and no resolver.
    mkdirSync(`/etc/netns/${this.#near}`, { recursive: true });
    writeFileSync(
      `/etc/netns/${this.#near}/hosts`,
      `127.0.0.1 localhost\n${addresses.host} ${this.name}\n${addresses.silent} two.internal\n${addresses.host} two.internal\n`,
    );
    writeFileSync(
      `/etc/netns/${this.#near}/resolv.conf`,
      'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
    );
  }

  /** Listens on the far host; resolves with the port. */
  async listen(): Promise<number> {
    const script =
      "const s = require('net').createServer((c) => c.end()); s.listen(0, '0.0.0.0', () => console.log(s.address().port))";
    const child = spawn('ip', ['netns', 'exec', this.#far, process.execPath, '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#processes.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return Number(line.toString());
  }

  /** The command that runs another on the near host. */
  onNear(command: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', this.#near, ...command];
  }

  async remove(): Promise<void> {
    for (const child of this.#processes) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    for (const name of [this.#near, this.#far]) ip('netns', 'delete', name);
    rmSync(`/etc/netns/${this.#near}`, { recursive: true, force: true });
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
