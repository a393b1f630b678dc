// The laptop's namespace, the Region's (where this process is), and the line between them.
import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { addresses } from './places.ts';

/** Settings of a line; those that are left out stay unchanged. */
export interface LineSettings {
  /** Milliseconds each way: half the round trip. */
  readonly delay?: number;
  /** Bits per second each way; 0 for no limit. */
  readonly rate?: number;
  /** Longest backlog at a rate, in milliseconds; packets beyond it are dropped. Default 2000, as in a home router. */
  readonly queue?: number;
  /** 1 drops every packet in both directions. */
  readonly cut?: 0 | 1;
}

/** What went over the line in one direction since it was opened; bytes of whole Ethernet frames. */
export interface Carried {
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
}

/** `up` is from the laptop to the Region. */
export interface LineCount {
  readonly up: Carried;
  readonly down: Carried;
}

export class Line {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #holder: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    holder: ChildProcessByStdio<Writable, Readable, null>,
  ) {
    this.#child = child;
    this.#holder = holder;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Joins two new namespaces; `folder` has the built `slow-line`. */
  static async open(folder: string): Promise<Line> {
    const program = join(folder, 'slow-line');
    // Each namespace lives as long as the process in it: the line's own, and one that waits for its stdin's end.
    const child = spawn('unshare', ['--net', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo here; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const line = new Line(child, holder);
    try {
      // Each answers once it is in its namespace.
      await Promise.all([line.#ask('count'), once(holder.stdout, 'data')]);
      wire(program, networkOf(child), networkOf(holder));
      const answer = await line.#ask('open laptop region');
      if (answer !== 'ok') throw new Error(`slow-line: ${answer}`);
      return line;
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /** The prefix that runs a command in the laptop's namespace: the started process becomes the command's. */
  get onLaptop(): readonly string[] {
    return ['nsenter', `--net=${networkOf(this.#holder)}`];
  }

  async set(settings: LineSettings): Promise<void> {
    const words = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    const answer = await this.#ask(`set ${words.join(' ')}`);
    if (answer !== 'ok') throw new Error(`slow-line: ${answer}: ${words.join(' ')}`);
  }

  async count(): Promise<LineCount> {
    return JSON.parse(await this.#ask('count')) as LineCount;
  }

  async close(): Promise<void> {
    const ends = [this.#child, this.#holder].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      await once(child, 'exit');
    });
    await Promise.all(ends);
  }

  /** One question at a time, so that answers come in order. */
  #ask(command: string): Promise<string> {
    const answer = this.#turn.then(async () => {
      this.#child.stdin.write(`${command}\n`);
      const { done, value } = await this.#answers.next();
      if (done) throw new Error('slow-line has ended');
      return value;
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }
}

function networkOf({ pid }: ChildProcess): string {
  return `/proc/${pid}/ns/net`;
}

/** Region (here) - line - laptop, each joint a pair of interfaces. */
function wire(program: string, lineNetwork: string, laptopNetwork: string): void {
  const run = (network: string | undefined, ...command: readonly string[]) => {
    const [name = '', ...args] =
      network === undefined ? command : ['nsenter', `--net=${network}`, ...command];
    return execFileSync(name, args, { encoding: 'utf8' });
  };
  const linePid = lineNetwork.split('/')[2] ?? '';
  const ends = [
    { name: 'region', network: undefined, address: addresses.region },
    { name: 'laptop', network: laptopNetwork, address: addresses.laptop },
  ];
  for (const { name, network, address } of ends) {
    run(network, 'ip', 'link', 'set', 'lo', 'up');
    run(network, 'ip', 'link', 'add', 'line', 'type', 'veth', 'peer', 'name', name, 'netns', linePid);
    run(network, 'ip', 'address', 'add', `${address}/24`, 'dev', 'line');
    for (const [place, device] of [[network, 'line'] as const, [lineNetwork, name] as const]) {
      run(place, program, 'plain', device);
      // Without addresses that the kernel would announce, since announcements are bytes on the line.
      run(place, 'ip', 'link', 'set', 'dev', device, 'addrgenmode', 'none', 'up');
    }
  }
  // Fixed neighbours, since a query for one would get lost in a cut.
  const macs = ends.map(({ network }) => {
    const [, mac] = / link\/ether (\S+)/.exec(run(network, 'ip', '-o', 'link', 'show', 'line')) ?? [];
    return mac ?? '';
  });
  for (const [at, { network }] of ends.entries()) {
    const other = 1 - at;
    const neighbour = [
      ends[other]?.address ?? '',
      'lladdr',
      macs[other] ?? '',
      'nud',
      'permanent',
      'dev',
      'line',
    ];
    run(network, 'ip', 'neighbour', 'replace', ...neighbour);
  }
}
