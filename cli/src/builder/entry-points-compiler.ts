// Builds further scripts beside a function's handler: those of its threads and child processes, and the scripts that a
// vendor's handler loads.
import type { BundleCompiler } from './bundle-compiler.ts';
import type { Compilation, Compiler } from './contract.ts';

interface EntryPointsCompilerOptions {
  /** The handler's compiler. */
  readonly handler: Compiler & { readonly threads?: readonly string[] };
  /** The handler's source, absolute. */
  readonly handlerFile: string;
  /** Scripts that are always built, absolute. */
  readonly entryPoints: readonly string[];
  readonly compilerFor: (sourceFile: string) => BundleCompiler;
}

export class EntryPointsCompiler implements Compiler {
  readonly #options: EntryPointsCompilerOptions;
  readonly #scripts = new Map<string, BundleCompiler>();

  constructor(options: EntryPointsCompilerOptions) {
    this.#options = options;
  }

  async compile(): Promise<Compilation> {
    const { entryPoints, handler, handlerFile } = this.#options;
    const main = await handler.compile();
    const compilations = new Map<string, Compilation>();
    const waiting = [...entryPoints, ...(handler.threads ?? [])];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (file === handlerFile || compilations.has(file)) continue;
      const script = this.#scripts.get(file) ?? this.#options.compilerFor(file);
      this.#scripts.set(file, script);
      compilations.set(file, await script.compile());
      waiting.push(...script.threads);
    }
    for (const [file, script] of this.#scripts) {
      if (compilations.has(file)) continue;
      this.#scripts.delete(file);
      await script.dispose();
    }
    return together(main, [...compilations.values()]);
  }

  ownWrites(changed: readonly string[]): readonly string[] {
    return this.#options.handler.ownWrites?.(changed) ?? [];
  }

  async dispose(): Promise<void> {
    await this.#options.handler.dispose();
    for (const script of this.#scripts.values()) await script.dispose();
  }
}

/** The handler's compilation, which fails if any script's fails. */
function together(main: Compilation, scripts: readonly Compilation[]): Compilation {
  if (scripts.length === 0) return main;
  const all = [main, ...scripts];
  const inputs = new Set(all.flatMap((one) => [...one.inputs]));
  const errors = all.flatMap((one) => (one.ok ? [] : one.errors));
  const good = all.flatMap((one) => (one.ok ? [one] : []));
  if (!main.ok || errors.length > 0) return { ok: false, inputs, errors };
  const fingerprints = good.map(({ fingerprint }) => fingerprint);
  return {
    ok: true,
    inputs,
    fingerprint: fingerprints.includes(undefined) ? undefined : fingerprints.join(';'),
    publish: async (build) => {
      const runners = await Promise.all(good.map(({ publish }) => publish(build)));
      const [runner] = runners;
      if (runner?.kind !== 'node') throw new Error('only Node.js has entry points beside the handler');
      const built = runners.map((one) => (one.kind === 'node' ? one.built : undefined));
      return { ...runner, built: Object.assign({}, ...built) };
    },
  };
}
