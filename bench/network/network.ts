// `make bench-network`: what livectl takes on a real line, compared with the line alone; writes docs/benchmarks-network.md.
//   node dist/bench.mjs network               the parts that have no figures of this build yet, then the page
//   node dist/bench.mjs network warm cut-3    these parts again, printed; the page only where all others are there
//   node dist/bench.mjs network tunnel        the parts of the tunnel, which have a page of their own
//   node dist/bench.mjs network --json NAME   these parts, as one JSON object a line, and nothing kept
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { load, machineLine } from '../machine.ts';
import { networkPageFile, repository, tunnelPageFile } from '../repository.ts';
import { bare } from './bare.ts';
import { barePeer } from './bare-peer.ts';
import { bytes } from './bytes.ts';
import { createCertificates } from './certificates.ts';
import { checks } from './checks.ts';
import { longCut, shortCut, takeover } from './cuts.ts';
import { Laboratory } from './laboratory.ts';
import { larges } from './large.ts';
import { Line } from './line.ts';
import { networkPage, terminalRows, tunnelPage } from './network-report.ts';
import { type PartResult, Results } from './results.ts';
import type { Part } from './row.ts';
import { silences } from './silence.ts';
import { instance, parallel, ready, reload, warm } from './steady.ts';
import { tunnelParts } from './tunnel.ts';
import { tunnelBare } from './tunnel-bare.ts';
import { tunnelClient, tunnelDatabase } from './tunnel-peers.ts';
import { endInside, folderVariable, runInside, wayIn } from './world.ts';

const parts: readonly Part[] = [
  ...[bare, warm, ...silences, reload, ready, instance, parallel, ...larges],
  ...[takeover, shortCut, longCut, bytes],
];

/** What only runs when it is named. */
const onRequest: readonly Part[] = [...tunnelParts, ...checks];
const everyPart: readonly Part[] = [...parts, ...onRequest];

/** Programs that parts start at both ends of the line. */
const peers: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  '--bare': barePeer,
  '--tunnel-database': tunnelDatabase,
  '--tunnel-client': tunnelClient,
  '--tunnel-bare': tunnelBare,
};

/** A part that is not done by then has failed: the longest silence is 6 minutes. */
const boundMs = 15 * 60_000;

/** Runs the network bench with these arguments; resolves with the exit code. */
export async function network(args: readonly string[]): Promise<number> {
  const peer = peers[args[0] ?? ''];
  if (peer !== undefined) {
    await peer(args.slice(1));
    return new Promise(() => undefined);
  }
  const asked = args
    .filter((arg) => arg !== '--json')
    .flatMap((arg) => (arg === 'tunnel' ? tunnelParts.map(({ name }) => name) : [arg]));
  const unknown = asked.filter((name) => !everyPart.some((part) => part.name === name));
  if (unknown.length > 0) {
    const known = [...parts, ...tunnelParts].map(({ name }) => name);
    console.error(`unknown part: ${unknown.join(', ')}; parts are ${known.join(', ')}`);
    return 2;
  }
  const folder = process.env[folderVariable];
  const isJson = args.includes('--json');
  return folder === undefined
    ? outside([...(isJson ? ['--json'] : []), ...asked])
    : inside(folder, asked, isJson);
}

async function outside(args: readonly string[]): Promise<number> {
  const way = wayIn();
  if ('message' in way) {
    console.error(`bench: the network bench did not run: ${way.message}`);
    return skippedCode;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      console.error(`bench: ended by ${signal}; what has been measured is kept`);
      void endInside();
    });
  }
  return runInside(way, args);
}

/** Exit code if this machine can't run the bench: nothing failed, and nothing was measured. */
const skippedCode = 77;

/** A livectl that still writes recordings would create its folder again. Only in these namespaces, whose first process is a shell. */
function endOthers(): void {
  if (process.ppid !== 1 || readFileSync('/proc/1/comm', 'utf8').trim() !== 'sh') return;
  process.kill(-1, 'SIGKILL');
}

async function inside(folder: string, asked: readonly string[], asJson: boolean): Promise<number> {
  // When this process ends, so does everything in these namespaces.
  process.stdin.resume().on('end', () => {
    endOthers();
    // The outer process is gone, so the folder is removed here.
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    process.exit(1);
  });
  const results = asJson ? undefined : new Results();
  const line = await Line.open(folder);
  const laboratory = new Laboratory(line, folder, createCertificates(folder));
  const machine = machineLine();
  if (!asJson) console.log(`${machine}, load ${load()}\n`);
  let code = 0;
  for (const part of everyPart) {
    if (onRequest.includes(part) && !asked.includes(part.name)) continue;
    if (asked.length > 0 ? !asked.includes(part.name) : results?.get(part.name) !== undefined) continue;
    const bound = setTimeout(() => {
      console.error(`${part.name}: not done within ${boundMs / 60_000} min`);
      process.exit(1);
    }, boundMs);
    try {
      const result = await measured(part, laboratory);
      results?.put(part.name, result);
      console.log(
        asJson ? JSON.stringify({ part: part.name, ...result }) : `${terminalRows(part.name, result)}\n`,
      );
    } catch (error) {
      code = 1;
      console.error(`${part.name}: not measured, ${error instanceof Error ? error.stack : error}`);
      for (const note of laboratory.takeNotes()) console.error(`  ${note}`);
    } finally {
      await laboratory.reset();
      clearTimeout(bound);
    }
  }
  await line.close();
  if (results !== undefined) {
    writePage(results, parts, networkPageFile, (all) => networkPage(all, machine));
    writePage(results, tunnelParts, tunnelPageFile, (all) => tunnelPage(all, machine));
  }
  return code;
}

async function measured(part: Part, laboratory: Laboratory): Promise<PartResult> {
  await laboratory.reset();
  const loadBefore = load();
  const rows = await part.run(laboratory);
  const at = new Date().toISOString();
  return { rows, notes: laboratory.takeNotes(), at, loadBefore, loadAfter: load() };
}

/** Where all of a page's parts have been measured. */
function writePage(
  results: Results,
  wanted: readonly Part[],
  file: string,
  page: (measured: readonly { part: Part; result: PartResult }[]) => string,
): void {
  const all = wanted.flatMap((part) => {
    const result = results.get(part.name);
    return result === undefined ? [] : [{ part, result }];
  });
  if (all.length < wanted.length) return;
  writeFileSync(file, page(all));
  console.log(`wrote ${relative(repository, file)}`);
}
