// Whether an archive works on the machine for which it is: its checksum, its version, and a function behind serve --local, in the
// Node.js on the PATH and in the executable's own.
//   node release/smoke.mjs FOLDER TARGET      the folder with SHA256SUMS and the archive, e.g. linux-x64
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { checksumLine, readSums, sumsFile } from './checksums.mjs';
import { archiveName, targets } from './targets.mjs';

const boundMs = 60_000;

const [folder = '', name = ''] = process.argv.slice(2);
const target = targets.find((one) => one.name === name);
if (folder === '' || !target)
  throw new Error(`usage: smoke.mjs FOLDER TARGET, of ${targets.map((one) => one.name).join(', ')}`);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'livectl-smoke-'));
try {
  const archive = resolve(folder, archiveName(target, version));
  const [sum] = (await checksumLine(archive)).split(' ');
  const listed = readSums(readFileSync(join(folder, sumsFile), 'utf8')).get(archiveName(target, version));
  if (sum !== listed) throw new Error(`${archive}: checksum ${sum}, but ${sumsFile} has ${listed}`);
  // The tar of Windows unpacks a zip as well.
  execFileSync('tar', ['-xf', archive, '-C', work]);
  const program = join(work, target.program);
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  if (said !== version && !said.startsWith(`${version} (`)) throw new Error(`--version printed ${said}`);
  console.log(`${name}: livectl ${said}`);
  const none = join(work, 'no programs');
  mkdirSync(none);
  for (const [where, path] of [
    ['with this PATH', process.env.PATH ?? ''],
    ['without Node.js', [none, ...systemFolders()].join(delimiter)],
  ])
    console.log(`${name}: ${where}, the function answered ${await answer(program, path ?? '')}`);
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}

/** Programs that livectl starts on Windows; elsewhere it needs none that a PATH names. */
function systemFolders() {
  const { SystemRoot } = process.env;
  return process.platform === 'win32' && SystemRoot ? [join(SystemRoot, 'System32')] : [];
}

/** What a function answers behind a local cloud. @param {string} program @param {string} path */
async function answer(program, path) {
  const root = mkdtempSync(join(work, 'project-'));
  const functions = { hello: { handler: 'hello.handler', runtime: 'nodejs22.x', triggers: { http: {} } } };
  writeFileSync(join(root, 'livectl.json'), JSON.stringify({ functions }));
  writeFileSync(
    join(root, 'hello.mjs'),
    "export const handler = async () => ({ statusCode: 200, body: 'hello from Node.js ' + process.versions.node });\n",
  );
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  // Windows spells it Path, and takes the first one.
  const rest = Object.entries(process.env).filter(([key]) => key.toUpperCase() !== 'PATH');
  const child = spawn(program, args, {
    env: { ...Object.fromEntries(rest), PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bound = setTimeout(() => child.kill('SIGKILL'), boundMs);
  try {
    const url = await readyUrl(child.stdout);
    const response = await fetch(`${url}/hello`, { signal: AbortSignal.timeout(boundMs) });
    const text = await response.text();
    if (response.status !== 200 || !text.startsWith('hello from Node.js '))
      throw new Error(`the function answered ${response.status} ${text}`);
    return JSON.stringify(text);
  } finally {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGINT');
    await ended;
    clearTimeout(bound);
  }
}

/** @param {import('node:stream').Readable} output */
async function readyUrl(output) {
  for await (const line of createInterface({ input: output })) {
    const event = JSON.parse(line);
    if (event.event !== 'ready') continue;
    output.resume();
    return event.url;
  }
  throw new Error('livectl serve ended before it was ready');
}
