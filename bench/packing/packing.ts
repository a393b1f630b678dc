// `node dist/bench.mjs packing`: what texts, compressions and whole invocations cost in bytes and in time; and
// docs/benchmarks-packing.md.
//   node dist/bench.mjs packing                          measures under this runtime, printed
//   node dist/bench.mjs packing write /path/to/node ...  under this one and these others, and writes the page
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Message } from '../../protocol/message.ts';
import {
  type Channel,
  channelFromSender,
  channelToClient,
  generateClientKeys,
} from '../../protocol/sealing.ts';
import { parseStageSecret } from '../../protocol/stage-secret.ts';
import { encodeMessage } from '../../protocol/wire.ts';
import { load, machineLine } from '../machine.ts';
import { packingPageFile } from '../repository.ts';
import { alphabets } from './alphabets.ts';
import { compressions } from './compressions.ts';
import { exchanges, head } from './payloads.ts';

type Table = {
  readonly title: string;
  readonly method: string;
  readonly rows: readonly (readonly string[])[];
};

/** A full chunk as it is sealed with seven bits to a character: 56 of them are 6.3 MB. */
const chunkBytes = 112_896;
const chunks = 56;
/** The best of this many rounds counts, since other programs only make it slower. */
const rounds = 5;
/** API Gateway counts messages in steps of this size (docs/platform-notes.md). */
const meteredBytes = 32 * 1024;

/** Resolves with the exit code. */
export async function packing(args: readonly string[]): Promise<number> {
  if (args[0] === 'json') {
    console.log(JSON.stringify({ runtime, tables: await measure() }));
    return 0;
  }
  const others = args.slice(1).map((program) => {
    const deno = /deno$/.test(program) ? ['run', '--allow-all', '--node-modules-dir=manual'] : [];
    const script = process.argv[1] ?? '';
    const output = execFileSync(program, [...deno, script, 'packing', 'json'], {
      encoding: 'utf8',
      maxBuffer: 1024 ** 2 * 8,
    });
    return JSON.parse(output.split('\n').findLast((line) => line.startsWith('{')) ?? '') as {
      runtime: string;
      tables: readonly Table[];
    };
  });
  const own = { runtime, tables: await measure() };
  const page = [own, ...others]
    .map(({ runtime: name, tables }) => tables.map((table) => markdown(name, table)).join('\n'))
    .join('\n');
  console.log(page);
  if (args[0] === 'write') writeFileSync(packingPageFile, `${introduction()}\n${page}`);
  return 0;
}

const versions = process.versions as Record<string, string | undefined>;
const runtime = versions.deno ? `Deno ${versions.deno}` : `Node.js ${versions.node}`;

async function measure(): Promise<Table[]> {
  return [alphabetTable(), compressionTable(), await invocationTable()];
}

function alphabetTable(): Table {
  const bytes = randomBytes(chunkBytes);
  const rows = alphabets.map(({ name, read, write }) => {
    const text = write(bytes);
    if (!read(text)?.subarray(0, chunkBytes).equals(bytes)) throw new Error(`${name} gives other bytes back`);
    const times = [() => write(bytes), () => read(text)].map((work) => best(chunks, work));
    return [
      name,
      (Buffer.byteLength(text) / chunkBytes).toFixed(3),
      ...times.map((ms) => `${ms.toFixed(1)} ms`),
    ];
  });
  return {
    title: 'Bytes as text',
    method: `${chunks} texts of ${chunkBytes.toLocaleString('en')} random bytes each, the best of ${rounds} rounds.`,
    rows: [['', 'bytes for each byte', 'writing 6.3 MB', 'reading 6.3 MB'], ...rows],
  };
}

function compressionTable(): Table {
  const messages = exchanges.map(({ event, name }) => {
    return { name, bytes: Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), event]) };
  });
  const all = [...messages, { name: 'random bytes', bytes: randomBytes(5_900_000) }];
  const rows = all.flatMap(({ bytes, name }) =>
    compressions.map((way) => {
      const packed = way.write(bytes);
      if (!way.read(packed).equals(bytes)) throw new Error(`${way.name} gives other bytes back`);
      const runs = Math.max(1, Math.round(300_000 / bytes.length));
      const times = [() => way.write(bytes), () => way.read(packed)].map((work) => best(runs, work) / runs);
      const sizes = [bytes.length, packed.length].map((size) => size.toLocaleString('en'));
      return [
        `invoke, ${name}`,
        way.name,
        ...sizes,
        ...times.map((ms) => `${ms < 100 ? ms.toPrecision(2) : Math.round(ms)} ms`),
      ];
    }),
  );
  return {
    title: 'Compression',
    method: `Whole messages: the head that a stub sends with each invocation (${JSON.stringify(head).length} bytes, mostly credentials) and the event. The best of ${rounds} rounds, synchronous and not in the thread pool.`,
    rows: [['', 'by', 'bytes', 'compressed', 'compressing', 'decompressing'], ...rows],
  };
}

async function invocationTable(): Promise<Table> {
  const secret = parseStageSecret(Buffer.alloc(32, 7).toString('base64'));
  const client = await generateClientKeys();
  const stub = await channelToClient(client.publicKey, 'bench', secret);
  const livectl = await channelFromSender(client, stub.enc, 'bench', secret);
  const rows: string[][] = [];
  for (const { answer, event, name } of exchanges) {
    const id = '00000000-0000-4000-8000-000000000000';
    const common = { id, attempt: 1 } as const;
    const invoke = { ...common, type: 'invoke', head, body: event } as const;
    const ack = { ...common, type: 'ack', head: {}, body: new Uint8Array(0) } as const;
    const contentType = 'application/json';
    const result = { ...common, type: 'result', head: { contentType, codeMs: 12.5 }, body: answer } as const;
    for (const [form, understands] of [
      ['to an end of 0.1.0', []],
      ['now', ['br', 'bits7']],
    ] as const) {
      stub.understands = understands;
      livectl.understands = understands;
      const cells: string[] = [];
      const total = { bytes: 0, metered: 0 };
      for (const [message, channel, towardsClient] of [
        [invoke, stub, true],
        [ack, livectl, false],
        [result, livectl, false],
      ] as const) {
        const sent = await sentBytes(message, channel, towardsClient);
        cells.push(sent.bytes.toLocaleString('en'));
        total.bytes += sent.bytes;
        total.metered += sent.metered;
      }
      rows.push([name, form, ...cells, total.bytes.toLocaleString('en'), String(total.metered)]);
    }
  }
  return {
    title: 'An invocation on the line',
    method:
      'Bytes of the bodies of all posts, which are the texts that are delivered; the headers of a post add 1.5 to 2 KB with a session token. “Metered” is the number of messages of 32 KB that API Gateway counts for what it delivers. An answer within 5 ms has no `ack`.',
    rows: [['', '', 'invoke', 'ack', 'result', 'together', 'metered'], ...rows],
  };
}

async function sentBytes(message: Message, channel: Channel, towardsClient: boolean) {
  const sizes = (await encodeMessage(message, channel, towardsClient)).map((text) => Buffer.byteLength(text));
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    metered: sizes.reduce((sum, size) => sum + Math.ceil(size / meteredBytes), 0),
  };
}

/** Milliseconds of this many calls. */
function best(calls: number, work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    for (let call = 0; call < calls; call += 1) work();
    least = Math.min(least, performance.now() - startedAt);
  }
  return least;
}

function markdown(name: string, { method, rows, title }: Table): string {
  const [head = [], ...others] = rows;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  const lines = [head, rule, ...others].map((row) => `| ${row.join(' | ')} |`);
  return `## ${title}, ${name}\n\n${method}\n\n${lines.join('\n')}\n`;
}

function introduction(): string {
  return `# Fewer bytes on the line

Made by \`node dist/bench.mjs packing write\` on ${new Date().toISOString().slice(0, 10)}; not edited by hand. Without \`write\` it prints the same for the
runtime that it runs in; other runtimes named after \`write\` are measured as well.

${machineLine()}, load ${load()}

What these tables decided, in the terms of [protocol.md](protocol.md):

- **Seven bits to a character (\`bits7\`)**: takes a seventh more than the bytes, base64 a third more. Alphabets of printable
  characters save half of that at most, and take six to ten times as long. livectl finds out by itself whether a relay
  carries all of them.
- **Brotli, quality 1 (\`br\`)**: smaller than gzip's level 1 and quicker wherever it matters, and nearly free for what does not
  compress, where gzip takes 150 ms for 6 MB. It is in every version of Node.js and Deno that livectl and the stub run on.
  zstd's level 1 is as quick, and an eighth smaller for megabytes of JSON; Node.js 20 does not have it, so it would be a third
  format beside two that must stay.
- **No dictionary**: it takes 0.8 KB off an event of 3 KB, 0.7 ms at 10 Mbit/s. It would take 2 KB of the stub, and Deno's
  deflate ignores it.
- **Chunks of 127 KB** as before: they fill four of the units that API Gateway counts. Smaller ones would cost more headers for the
  same count.
`;
}
