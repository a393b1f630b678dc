// The layers of the functions of a livectl.json that is read again when it changes.
import type { FunctionSettings } from '../manifest/function-settings.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { needsLayers } from './layer-uses.ts';
import type { OpenedLayers } from './open-layers.ts';
import type { ServingOptions } from './stage-to-serve.ts';

interface Manifests {
  /** What is served. */
  readonly manifest: Manifest;
  /** Includes the functions that are not served. */
  readonly whole: Manifest;
}

/** What needs no layers loads nothing. */
export class LocalLayers {
  readonly #options: ServingOptions;
  /** The last ones, so that the same question is not asked twice. */
  #opened: { readonly key: string; readonly layers: Promise<OpenedLayers> } | undefined;
  readonly #said = new Set<string>();

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** All functions of the file, with the layers of those that run here; may ask and fetch. */
  readonly open = async ({ manifest, whole }: Manifests): Promise<OpenedLayers> => {
    const running = runningOf(manifest, whole);
    if (!running.some(needsLayers)) return { functions: whole.functions, notices: [] };
    const key = JSON.stringify(running.map(({ layerDirs, layers, name }) => [name, layers, layerDirs]));
    if (this.#opened?.key !== key) {
      const { format, layers: choice, root } = this.#options;
      const { openLocalLayers } = await import('./local-layers.ts');
      this.#opened = { key, layers: openLocalLayers({ functions: running, root, choice, format }) };
    }
    const { functions, notices } = await this.#opened.layers;
    return { functions: replaced(whole, functions), notices };
  };

  /** The same without a question: with the layers that are on this machine. */
  readonly known = async ({ manifest, whole }: Manifests): Promise<OpenedLayers> => {
    const running = runningOf(manifest, whole);
    if (this.#options.layers === 'leave-out' || !running.some(needsLayers))
      return { functions: whole.functions, notices: [] };
    const { withCachedLayers } = await import('./local-layers.ts');
    return { functions: replaced(whole, withCachedLayers(running)), notices: [] };
  };

  /** Those that were not said for an earlier version of the file. */
  unsaid(notices: readonly string[]): readonly string[] {
    const fresh = notices.filter((notice) => !this.#said.has(notice));
    for (const notice of fresh) this.#said.add(notice);
    return fresh;
  }
}

/** A wrapped function runs as its deployed code even if it is not served. */
function runningOf(manifest: Manifest, whole: Manifest): readonly FunctionSettings[] {
  const served = new Set(manifest.functions.map(({ name }) => name));
  return whole.functions.filter(({ name, wrap }) => served.has(name) || wrap);
}

/** All of `whole`, with only the folders of layers changed: everything else may have changed since. */
function replaced(
  { functions }: Manifest,
  layered: readonly FunctionSettings[],
): readonly FunctionSettings[] {
  const dirs = new Map(layered.map(({ layerDirs, name }) => [name, layerDirs]));
  return functions.map((settings) =>
    dirs.has(settings.name) ? { ...settings, layerDirs: dirs.get(settings.name) } : settings,
  );
}
