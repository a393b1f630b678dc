// The time of this machine and the line alone: a message there and back between two peers that do nothing else.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Laboratory, leastMs } from './laboratory.ts';
import type { Part } from './row.ts';

const warmUp = 10;
const times = 60;

export const bare: Part = {
  name: 'bare',
  method: `For comparison: a process on the laptop that posts back every message it gets, and one in the Region that \
times ${times} of them, 1.5 KB each, after ${warmUp} to warm up. What this takes above the least that is possible is the \
machine's share of every other row: two processes, TLS, signatures, and timers that end late.`,
  run: (laboratory) => laboratory.held(() => measure(laboratory)),
};

async function measure(laboratory: Laboratory) {
  const { developer, relayUrl } = (await laboratory.deploy([{ name: 'quick' }])).region;
  const peer = (on: readonly string[], ...args: readonly string[]) => {
    const command = [...on, process.execPath, process.argv[1] ?? '', 'network', '--bare', relayUrl, ...args];
    const [program = '', ...rest] = command;
    return spawn(program, rest, {
      env: { ...process.env, ...developer },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  };
  const near = peer(laboratory.line.onLaptop);
  try {
    const [id] = (await once(createInterface({ input: near.stdout }), 'line')) as [string];
    const far = peer([], id, String(warmUp + times));
    const [text] = (await once(createInterface({ input: far.stdout }), 'line')) as [string];
    const samples = (JSON.parse(text) as number[]).slice(warmUp);
    return [{ what: 'two peers that only post', samples, failed: 0, limitMs: leastMs }];
  } finally {
    near.stdin.end();
    await once(near, 'exit');
  }
}
