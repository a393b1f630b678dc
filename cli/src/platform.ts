// The only file that asks "Node or Deno?": one table of what differs.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { scriptOption } from './own-node.ts';

const deno = (globalThis as { Deno?: unknown }).Deno;

/** Whether livectl is a single executable (`make executables`), so that `process.execPath` is livectl. */
const isExecutable =
  !deno && (process.getBuiltinModule?.('node:sea') as { isSea(): boolean } | undefined)?.isSea() === true;

/** The oldest Node.js that livectl supports: `engines` of package.json. */
export const oldestNode = 20;

/** How long another Node may take to report about itself, in milliseconds. */
const answerMs = 5000;

type NodeCommand = readonly [string, ...string[]];

let command: NodeCommand | undefined;

/**
 * The command that runs a Node function's process: this very Node; under Deno the `node` on the PATH, since the functions are
 * written for it, or Deno itself where there is none; in a single executable the `node` on the PATH, or the executable's own.
 */
export function nodeCommand(): NodeCommand {
  command ??= findNode();
  return command;
}

function findNode(): NodeCommand {
  const onPath = ['--enable-source-maps'] as const;
  if (!deno && !isExecutable) return [process.execPath, ...onPath];
  const node = findOnPath(process.platform === 'win32' ? 'node.exe' : 'node');
  if (deno)
    return node ? [node, ...onPath] : [process.execPath, 'run', '--allow-all', '--no-config', '--quiet'];
  const version = node === undefined ? undefined : factsOf(node)?.version;
  if (node !== undefined && version !== undefined && Number(version.split('.')[0]) >= oldestNode)
    return [node, ...onPath];
  return [process.execPath, scriptOption];
}

/** Version of the Node that {@link nodeCommand} runs, e.g. `20.20.2`; undefined where that is Deno, or does not answer. */
export function nodeVersion(): string | undefined {
  const [program] = nodeCommand();
  if (program !== process.execPath) return factsOf(program)?.version;
  return deno ? undefined : process.versions.node;
}

/** Whether the Node that {@link nodeCommand} runs takes this option in `NODE_OPTIONS`. */
export function isNodeOption(option: string): boolean {
  const [program] = nodeCommand();
  if (program !== process.execPath) return factsOf(program)?.options.has(option) ?? false;
  return process.allowedNodeEnvironmentFlags.has(option);
}

interface NodeFacts {
  readonly version: string;
  readonly options: ReadonlySet<string>;
}

const asked = new Map<string, NodeFacts | undefined>();

/** What another Node reports about itself; undefined if it does not. Asked once. */
function factsOf(program: string): NodeFacts | undefined {
  if (!asked.has(program)) asked.set(program, askNode(program));
  return asked.get(program);
}

function askNode(program: string): NodeFacts | undefined {
  const question = 'JSON.stringify([process.versions.node, ...process.allowedNodeEnvironmentFlags])';
  // What NODE_OPTIONS loads could print, or wait for a debugger.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status, stdout } = spawnSync(program, ['-p', question], {
    encoding: 'utf8',
    env,
    timeout: answerMs,
  });
  try {
    const [version, ...options] = status === 0 ? (JSON.parse(stdout) as unknown[]) : [];
    return typeof version === 'string' ? { version, options: new Set(options.map(String)) } : undefined;
  } catch {
    // Not Node.js, whatever its name.
    return undefined;
  }
}

/** The setting with which livectl also trusts the authorities that this system trusts; undefined if this version has none. */
export function systemAuthorities(): string | undefined {
  if (deno) return 'DENO_TLS_CA_STORE=system';
  const option = '--use-system-ca';
  return process.allowedNodeEnvironmentFlags.has(option) ? `NODE_OPTIONS=${option}` : undefined;
}

/** What runs livectl itself, e.g. `Node.js 20.20.2`. */
export function hostRuntime(): string {
  const { deno: version, node } = process.versions as { deno?: string; node: string };
  return deno ? `Deno ${version ?? '(unknown version)'}` : `Node.js ${node}`;
}

/** The program's file in the first folder of PATH that has it; undefined if none does. Without the extensions of Windows. */
export function findOnPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
