// Layers that functions name by ARN: fetched once, with the developer's consent and permission, and used from the cache.
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type LayerAnswer, LayerAnswers } from '../control/layer-answers.ts';
import { type FetchConnection, fetchLayer } from '../layers/fetch-layer.ts';
import { type CachedLayer, LayerCache } from '../layers/layer-cache.ts';
import { type LayerVersion, layerVersion } from '../layers/layer-version.ts';
import { type Ask, Unanswered } from '../log/ask.ts';
import type { Output } from '../log/output.ts';
import { size } from '../log/quantities.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { areTooLarge, layerNotices } from './layer-notices.ts';
import { type LayerUse, layerUses, needsLayers, withLayerFolders } from './layer-uses.ts';

/** What the flags say: `--fetch-layers` or `--trust-manifest`, `--no-layers`, or neither. */
export type LayerChoice = 'fetch' | 'leave-out' | 'ask';

export interface LayersOptions {
  readonly functions: readonly FunctionSettings[];
  /** The folder that is served, absolute. */
  readonly root: string;
  readonly choice: LayerChoice;
  /** The ARNs that the local livectl.json names: their code may run. */
  readonly own: ReadonlySet<string>;
  /**
   * For a stage on AWS, where the developer's credentials are in use anyway: what livectl.json names is fetched without a
   * question, and a question names sizes. Locally nothing is sent to AWS before a yes.
   */
  readonly place: 'stage' | 'local';
  /** Undefined if nobody can be asked. */
  readonly ask: Ask | undefined;
  readonly output: Output;
  /** Resolves the credentials. Rejects with LD_CREDENTIALS. */
  readonly connect: (layer: LayerUse) => Promise<FetchConnection>;
  readonly cache?: LayerCache;
}

export interface OpenedLayers {
  /** With folders for the layers that are there. */
  readonly functions: readonly FunctionSettings[];
  /** What the developer should know: every layer that a function runs without, and why. */
  readonly notices: readonly string[];
}

/** Never rejects for a layer: a function is served without one that cannot be had, and a notice says so. */
export async function openLayers(options: LayersOptions): Promise<OpenedLayers> {
  const { functions } = options;
  if (options.choice === 'leave-out') return { functions, notices: [] };
  return new Opening(options).run();
}

class Opening {
  readonly #options: LayersOptions;
  readonly #cache: LayerCache;
  readonly #answers: LayerAnswers;
  readonly #layers = new Map<string, CachedLayer>();
  readonly #described = new Map<string, LayerVersion>();
  readonly #notices: string[] = [];

  constructor(options: LayersOptions) {
    this.#options = options;
    this.#cache = options.cache ?? new LayerCache();
    this.#answers = new LayerAnswers(options.root);
  }

  async run(): Promise<OpenedLayers> {
    const { functions } = this.#options;
    const { notices, uses } = layerUses(functions);
    this.#notices.push(...notices);
    const wanted = await this.#allowed(uses);
    for (const use of wanted) await this.#take(use);
    const found = uses.flatMap((use) => {
      const layer = this.#layers.get(use.arn);
      return layer === undefined ? [] : [[use, layer] as const];
    });
    this.#notices.push(...layerNotices(found));
    return { functions: this.#withFolders(functions), notices: this.#notices };
  }

  /** Those that may be fetched and used, after a question where one is needed. */
  async #allowed(uses: readonly LayerUse[]): Promise<readonly LayerUse[]> {
    const { choice, own, place } = this.#options;
    const open: LayerUse[] = [];
    const allowed = uses.filter((use) => {
      const answer = this.#answers.of(use.arn);
      const layer = this.#cache.find(use.arn);
      if (layer !== undefined) this.#layers.set(use.arn, layer);
      const mayRun = choice === 'fetch' || answer === 'yes' || own.has(use.arn);
      // Locally, livectl.json lets its code run, but nothing be asked of AWS.
      const isEnough = place === 'stage' || layer !== undefined || choice === 'fetch' || answer === 'yes';
      if (mayRun && isEnough) return true;
      this.#layers.delete(use.arn);
      if (answer !== 'no') open.push(use);
      else
        this.#without(
          use,
          'to which you answered no: pass --fetch-layers to use it, --no-layers to use none',
        );
      return false;
    });
    if (open.length === 0) return allowed;
    if (this.#options.ask === undefined) {
      for (const use of open) this.#without(use, nobodyAsked(place));
      return allowed;
    }
    return [...allowed, ...(await this.#agreed(open, this.#options.ask))];
  }

  async #agreed(open: readonly LayerUse[], ask: Ask): Promise<readonly LayerUse[]> {
    const { output, place } = this.#options;
    const askable = place === 'stage' ? await this.#describe(open) : open;
    if (askable.length === 0) return [];
    const whose = askable.length === 1 ? 'A layer is' : 'Layers are';
    output.line(`${whose} fetched from AWS with your credentials. The code in it would run on your machine:`);
    for (const { account, arn, functions } of askable) {
      const bytes = this.#described.get(arn)?.size;
      const facts = [`account ${account}`, ...(bytes === undefined ? [] : [size(bytes)])].join(', ');
      output.line(`  ${functions.map(plain).join(', ')}: ${arn} (${facts})`);
    }
    const answer = await answered(ask);
    if (answer !== undefined) this.#save(askable, answer);
    if (answer === 'yes') return askable;
    for (const use of askable) this.#without(use, 'as you answered');
    return [];
  }

  /** What Lambda says of each that is not here yet; the others are not worth a question. */
  async #describe(open: readonly LayerUse[]): Promise<readonly LayerUse[]> {
    const known = await Promise.all(
      open.map(async (use) => {
        try {
          if (this.#cache.find(use.arn) !== undefined) return true;
          const connection = await this.#options.connect(use);
          this.#described.set(use.arn, await layerVersion(use, connection));
          return true;
        } catch (error) {
          this.#failed(use, error);
          return false;
        }
      }),
    );
    return open.filter((_, index) => known[index]);
  }

  #save(uses: readonly LayerUse[], answer: LayerAnswer): void {
    try {
      this.#answers.add(
        uses.map(({ arn }) => arn),
        answer,
      );
    } catch (error) {
      this.#options.output.errorLine(`livectl: this answer could not be saved: ${messageOf(error)}`);
    }
  }

  async #take(use: LayerUse): Promise<void> {
    const { ask, connect, output } = this.#options;
    const here = this.#layers.get(use.arn) ?? this.#cache.find(use.arn);
    if (here !== undefined) {
      this.#layers.set(use.arn, here);
      return;
    }
    try {
      const connection = await connect(use);
      // Only a person waits for it.
      if (ask !== undefined) output.line(`Fetching layer ${use.label} ...`);
      const layer = await fetchLayer(use, this.#described.get(use.arn), this.#cache, connection);
      this.#layers.set(use.arn, layer);
    } catch (error) {
      this.#failed(use, error);
    }
  }

  #withFolders(functions: readonly FunctionSettings[]): readonly FunctionSettings[] {
    const layersOf = (settings: FunctionSettings) =>
      needsLayers(settings) ? settings.layers.flatMap((arn) => this.#layers.get(arn) ?? []) : [];
    const refused = new Set(functions.filter((settings) => areTooLarge(layersOf(settings))));
    for (const { name } of refused)
      this.#notices.push(
        `${name} runs without its layers, which have more than 250 MB together, Lambda’s limit`,
      );
    return functions.map((settings) => {
      if (refused.has(settings)) return settings;
      const [layered = settings] = withLayerFolders([settings], (arn) => this.#layers.get(arn)?.folder);
      return layered;
    });
  }

  #failed(use: LayerUse, error: unknown): void {
    const remedy = (error instanceof LiveDebugError ? error.remedy : undefined) ?? 'start again';
    this.#without(
      use,
      `since ${messageOf(error).replace(/\.$/, '')}. To fix: ${remedy}; or name a folder with its files in "layer_dirs"`,
    );
  }

  #without({ arn, functions }: LayerUse, why: string): void {
    const verb = functions.length === 1 ? 'runs without its layer' : 'run without their layer';
    this.#notices.push(`${functions.join(', ')} ${verb} ${arn}, ${why}`);
  }
}

function nobodyAsked(place: 'stage' | 'local'): string {
  return place === 'stage'
    ? 'which is not allowed on this machine yet: name it in "layers" of the function in livectl.json, answer yes when livectl serve asks in a terminal, or pass --fetch-layers'
    : 'which is not on this machine: pass --fetch-layers to fetch it from AWS, or name a folder with its files in "layer_dirs"';
}

/** Undefined if the person did not answer. */
async function answered(ask: Ask): Promise<LayerAnswer | undefined> {
  try {
    return (await ask('Fetch and use, now and later', ['yes', 'no'])) === 'yes' ? 'yes' : 'no';
  } catch (error) {
    if (error instanceof Unanswered) return undefined;
    throw error;
  }
}

/** Function names come from the stage's table. */
function plain(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
