// Fetched layers of this user, by the SHA-256 of their zip files, and which layer version has which. Versions never change, so
// what is here needs no network.
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { layersFolder } from '../folders/cache-folder.ts';
import { writePrivateFile } from '../folders/private-file.ts';
import { isPrivateFolder, makePrivateFolder } from '../folders/private-folder.ts';
import { removeFolder } from '../folders/remove-folder.ts';
import type { LayerContent } from './unzip-layer.ts';

/** A layer that is on this machine. */
export interface CachedLayer extends LayerContent {
  /** What is in /opt on Lambda, absolute. */
  readonly folder: string;
}

const contentSchema = v.object({
  version: v.literal(1),
  bytes: v.number(),
  machines: v.array(v.string()),
  extensions: v.array(v.string()),
  leftOut: v.array(v.string()),
});

const hashForm = /^[0-9a-f]{64}$/;
const versionSchema = v.object({
  version: v.literal(1),
  arn: v.string(),
  sha256: v.pipe(v.string(), v.regex(hashForm)),
});

const dayMs = 24 * 3_600_000;
/** A layer that no livectl has started with for this long is removed. */
const unusedMs = 90 * dayMs;

export class LayerCache {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string = layersFolder(), clock: Clock = systemClock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Undefined if it is not there, or if another user could have written it. */
  find(arn: string): CachedLayer | undefined {
    try {
      if (!isPrivateFolder(this.#folder)) return undefined;
      const file = this.#versionFile(arn);
      const known = parseJsonAs(versionSchema, readFileSync(file));
      if (known?.arn !== arn) return undefined;
      const layer = this.#layer(known.sha256);
      const now = new Date(this.#clock.now());
      if (layer !== undefined) utimesSync(file, now, now);
      return layer;
    } catch {
      return undefined;
    }
  }

  /** Notes that a layer version has this content; undefined if the content is not here. */
  record(arn: string, sha256: string): CachedLayer | undefined {
    if (!isPrivateFolder(this.#folder)) return undefined;
    const layer = this.#layer(sha256);
    if (layer !== undefined)
      writePrivateFile(this.#versionFile(arn), JSON.stringify({ version: 1, arn, sha256 }));
    return layer;
  }

  /**
   * Adds the content of a layer version: `fill` gets an empty private folder for it, and one more for files that are needed until
   * then. Other livectls see all of it or nothing, and may add the same at the same time. Rejects with the error of `fill` or of
   * the file system, and then nothing is added.
   */
  async add(
    arn: string,
    sha256: string,
    fill: (folder: string, temporary: string) => Promise<LayerContent>,
  ): Promise<CachedLayer> {
    // What others could have written must not pass for what was fetched.
    if (!isPrivateFolder(this.#folder)) removeFolder(this.#folder);
    makePrivateFolder(this.#folder);
    this.#tidy();
    const draft = mkdtempSync(join(this.#folder, draftPrefix));
    try {
      const [temporary, layer] = [join(draft, 'temporary'), join(draft, 'layer')];
      for (const folder of [temporary, layer, join(layer, 'opt')]) mkdirSync(folder, { mode: 0o700 });
      const content = await fill(join(layer, 'opt'), temporary);
      writePrivateFile(join(layer, 'layer.json'), JSON.stringify({ version: 1, ...content }));
      this.#put(layer, sha256);
    } finally {
      removeFolder(draft);
    }
    const added = this.record(arn, sha256);
    if (added === undefined)
      throw new Error(`${this.#folder} must be a folder of yours that no other user can write to`);
    return added;
  }

  #put(layer: string, sha256: string): void {
    const place = join(this.#folder, sha256);
    try {
      renameSync(layer, place);
    } catch (error) {
      // Another livectl was faster, with the same bytes.
      if (this.#layer(sha256) !== undefined) return;
      // Somebody removed a part of it.
      if (!removeFolder(place)) throw error;
      renameSync(layer, place);
    }
  }

  #layer(sha256: string): CachedLayer | undefined {
    try {
      const place = join(this.#folder, sha256);
      const folder = join(place, 'opt');
      const content = parseJsonAs(contentSchema, readFileSync(join(place, 'layer.json')));
      if (content === undefined || !lstatSync(folder).isDirectory()) return undefined;
      return { ...content, folder };
    } catch {
      return undefined;
    }
  }

  /** Removes what killed livectls left, and what was not used for long. Never throws. */
  #tidy(): void {
    const used = new Set<string>();
    const names = readdirSync(this.#folder);
    for (const name of names.filter((each) => each.startsWith(versionPrefix))) {
      const file = join(this.#folder, name);
      try {
        const { sha256 } = parseJsonAs(versionSchema, readFileSync(file)) ?? {};
        if (this.#ageOf(file) > unusedMs) unlinkSync(file);
        else if (sha256 !== undefined) used.add(sha256);
      } catch {
        // Gone in the meantime.
      }
    }
    for (const name of names) {
      const isUnused = hashForm.test(name) && !used.has(name);
      // A new one has no name yet.
      if ((isUnused || name.startsWith(draftPrefix)) && this.#ageOf(join(this.#folder, name)) > dayMs)
        removeFolder(join(this.#folder, name));
    }
  }

  #ageOf(path: string): number {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined ? 0 : this.#clock.now() - stats.mtimeMs;
  }

  #versionFile(arn: string): string {
    const hash = createHash('sha256').update(arn).digest('hex').slice(0, 32);
    return join(this.#folder, `${versionPrefix}${hash}.json`);
  }
}

const draftPrefix = 'new-';
const versionPrefix = 'arn-';
