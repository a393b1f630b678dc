// What `make test-real` runs of the network bench: that the line and the ledger work as configured, and a few things that
// must hold on any line. Not part of the table.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { counted } from './counted.ts';
import { cutOnce, lostOf, takeOver } from './cuts.ts';
import { type Laboratory, sleep } from './laboratory.ts';
import { thinLine } from './large.ts';
import { addresses } from './places.ts';
import type { CountedRow, Part } from './row.ts';

/** In the laptop's namespace: sends back what it gets, and a megabyte in answer to `m`. */
const echoServer = `
const { createServer } = require('node:net');
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (data) => socket.write(data[0] === 109 ? Buffer.alloc(1_000_000) : data));
});
server.listen(0, '0.0.0.0', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
`;

const rowsOf = (values: Readonly<Record<string, number>>): CountedRow[] =>
  Object.entries(values).map(([what, value]) => ({ what, value, unit: '' }));

async function line(laboratory: Laboratory): Promise<readonly CountedRow[]> {
  const [program = '', ...args] = [...laboratory.line.onLaptop, process.execPath, '-e', echoServer];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const socket = connect({ host: addresses.laptop, port: Number(port), noDelay: true });
    try {
      await once(socket, 'connect');
      return await measureLine(laboratory, socket);
    } finally {
      socket.destroy();
    }
  } finally {
    child.stdin.end();
    await once(child, 'exit');
  }
}

async function measureLine({ line }: Laboratory, socket: Socket): Promise<readonly CountedRow[]> {
  const timed = async (text: string, bytes: number) => {
    const startedAt = performance.now();
    socket.write(text);
    for (let got = 0; got < bytes; ) got += ((await once(socket, 'data')) as [Buffer])[0].length;
    return performance.now() - startedAt;
  };
  const roundTrip = Math.min(await timed('a', 1), await timed('a', 1), await timed('a', 1));

  await line.set({ delay: 5, rate: 8_000_000 });
  const before = await line.count();
  const megabyte = await timed('m', 1_000_000);
  const after = await line.count();

  await line.set({ delay: 5, rate: 0, cut: 1 });
  const cutAt = performance.now();
  const echo = timed('a', 1).then(() => performance.now());
  await sleep(700);
  const endedAt = performance.now();
  await line.set({ cut: 0 });
  const echoedAt = await echo;
  const cut = await line.count();
  return rowsOf({
    'round trip of 100 ms': roundTrip,
    'a megabyte at 8 Mbit/s': megabyte,
    'its bytes upwards': after.up.bytes - before.up.bytes,
    'dropped without a cut': after.up.dropped + after.down.dropped,
    'length of the cut': endedAt - cutAt,
    'an echo after its end': echoedAt - endedAt,
    'dropped in the cut': cut.up.dropped + cut.down.dropped,
  });
}

export const checks: readonly Part[] = [
  { name: 'check-line', method: '', run: line },
  {
    name: 'check-count',
    method: '',
    run: async (laboratory) => {
      const stage = await laboratory.serve([{ name: 'quick' }]);
      await stage.warmUp('quick', 3);
      const { downBytes, entries, upBytes } = await counted(laboratory, stage, () => stage.warmUp('quick'));
      const posts = entries.filter(({ kind }) => kind === 'post');
      return rowsOf({
        'posts of the stub': posts.filter(({ from }) => from === 'stub').length,
        'posts of the laptop': posts.filter(({ from }) => from === 'laptop').length,
        'bytes of the laptop’s posts': posts.reduce(
          (sum, { bytes, from }) => sum + (from === 'laptop' ? bytes : 0),
          0,
        ),
        'bytes of the stub’s posts': posts.reduce(
          (sum, { bytes, from }) => sum + (from === 'stub' ? bytes : 0),
          0,
        ),
        'bytes from the laptop': upBytes,
        'bytes to the laptop': downBytes,
      });
    },
  },
  {
    name: 'hold-thin-line',
    method: '',
    run: async (laboratory) => {
      const { answers, events } = await thinLine(laboratory, 2_000_000, 1_000_000, 1);
      return rowsOf({
        'events of 2 MB that arrived': events.samples.length,
        'sent per byte of the event': events.sent,
        'answers of 2 MB that arrived': answers.samples.length,
        'sent per byte of the answer': answers.sent,
      });
    },
  },
  {
    name: 'hold-cut',
    method: '',
    run: async (laboratory) => {
      const { calls } = await cutOnce(laboratory);
      return rowsOf({ 'invocations around a cut': calls.length, 'lost by the cut': lostOf(calls) });
    },
  },
  {
    name: 'hold-takeover',
    method: '',
    run: async (laboratory) => {
      const stage = await laboratory.serve([{ name: 'quick' }]);
      await stage.warmUp('quick', 3);
      const { calls } = await takeOver(stage);
      return rowsOf({ 'invocations around a takeover': calls.length, 'lost by the takeover': lostOf(calls) });
    },
  },
  {
    // Is ended in the middle of it.
    name: 'check-wait',
    method: '',
    run: async (laboratory) => {
      const stage = await laboratory.serve([{ name: 'quick' }]);
      await stage.warmUp('quick');
      console.log(JSON.stringify({ folder: laboratory.folder }));
      await sleep(60_000);
      return [];
    },
  },
];
