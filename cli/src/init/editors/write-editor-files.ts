// `livectl init --vscode` and `--jetbrains`: writes the files that start serving from an editor and attach its debugger.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { loadManifest } from '../../manifest/load-manifest.ts';
import {
  debugEntries,
  type EditorProject,
  editorFolder,
  entryPrefix,
  pathBelow,
  serveCommand,
} from './debug-entries.ts';
import { jetbrainsFiles, runFileName } from './jetbrains-files.ts';
import { mergeJsonc } from './merge-jsonc.ts';
import { vscodeFiles } from './vscode-files.ts';

export interface EditorOptions {
  /** The folder of livectl.json. */
  readonly root: string;
  readonly editors: readonly ('vscode' | 'jetbrains')[];
  /** Functions of livectl.json; empty: all. */
  readonly functions: readonly string[];
  /** Entries of livectl are replaced without a question; others are never touched, so nothing is asked today. */
  readonly yes: boolean;
}

/** A file, absolute, and what was done with it. */
export interface EditorFile {
  readonly file: string;
  readonly change: 'created' | 'changed' | 'unchanged';
}

/** A file as it should be; `text` undefined: it should not exist. */
interface WantedFile {
  readonly file: string;
  readonly old: string | undefined;
  readonly text: string | undefined;
}

/**
 * Writes what is missing and changes livectl's own entries; everything else in the files stays, with its comments and its form.
 * Nothing is written if one of the files cannot be read or merged. Throws LD_CONFIG for that and for a livectl.json with mistakes.
 */
export async function writeEditorFiles(options: EditorOptions): Promise<EditorFile[]> {
  const manifest = await loadManifest({ root: options.root });
  const entries = debugEntries(manifest.functions, options.functions);
  const project = (marker: string): EditorProject => {
    const folder = editorFolder(options.root, marker);
    const path = pathBelow(folder, options.root);
    return { folder, path, entries, command: serveCommand(options.root) };
  };
  const wanted: WantedFile[] = [];
  if (options.editors.includes('vscode')) wanted.push(...(await ofVscode(project('.vscode'))));
  if (options.editors.includes('jetbrains')) wanted.push(...(await ofJetbrains(project('.idea'))));
  const written: EditorFile[] = [];
  for (const each of wanted) written.push(await write(each));
  return written;
}

async function ofVscode(project: EditorProject): Promise<WantedFile[]> {
  const wanted: WantedFile[] = [];
  for (const { lists, name, version } of vscodeFiles(project)) {
    const file = join(project.folder, '.vscode', name);
    const old = await read(file);
    const start = old === undefined || old.trim() === '' ? `{\n  "version": "${version}"\n}\n` : old;
    wanted.push({ file, old, text: mergeJsonc(start, file, entryPrefix, lists) });
  }
  return wanted;
}

async function ofJetbrains(project: EditorProject): Promise<WantedFile[]> {
  const folder = join(project.folder, '.run');
  const files = jetbrainsFiles(project);
  const wanted: WantedFile[] = [];
  for (const { keptIfThere = false, name, text } of files) {
    const file = join(folder, name);
    const old = await read(file);
    wanted.push({ file, old, text: keptIfThere ? (old ?? text) : text });
  }
  const names = new Set(files.map(({ name }) => name));
  for (const name of await list(folder)) {
    if (!runFileName.test(name) || names.has(name)) continue;
    const file = join(folder, name);
    wanted.push({ file, old: await read(file), text: undefined });
  }
  return wanted;
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unusable(folder, 'read', cause);
  }
}

/** Undefined if there is none. */
async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(file, 'read', cause);
  }
}

async function write({ file, old, text }: WantedFile): Promise<EditorFile> {
  if (text === old) return { file, change: 'unchanged' };
  try {
    if (text === undefined) await rm(file);
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  } catch (cause) {
    throw unusable(file, 'written', cause);
  }
  return { file, change: old === undefined ? 'created' : 'changed' };
}

function unusable(file: string, what: string, cause: unknown): LiveDebugError {
  return new LiveDebugError('LD_CONFIG', `${file} can't be ${what}: ${messageOf(cause)}`, {
    remedy:
      'Check the permissions of the file and its folder, or write the configuration by hand (docs/debugging.md).',
    cause,
  });
}
