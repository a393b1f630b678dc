// What the fake serve says of itself: its functions, whether the build is good, who has displaced it.
import { randomUUID } from 'node:crypto';
import type { BuildMessage } from '../../src/builder/build-event.ts';
import type { InvocationSummary, SourceKind } from '../../src/recordings/recording.ts';
import type { ServedFunction } from '../../src/session/session-event.ts';
import { fakeFunctions } from './fake-functions.ts';

type FakeBuildError = BuildMessage & { readonly function: string };

interface Counts {
  invocations: number;
  failed: number;
}

export class FakeState {
  onChange: () => void = () => undefined;
  /** Another one after a restart. */
  run: string = randomUUID();
  since = new Date();
  place: 'local' | 'stage' = 'local';
  stage = 'local';
  recording = true;
  observing = false;
  readonly #notServed = new Set<string>();
  readonly #counts = new Map<string, Counts>();
  #errors: readonly FakeBuildError[] = [];
  #displaced: { by?: string } | undefined;
  #relay: 'connected' | 'lost' = 'connected';

  count(summaries: readonly InvocationSummary[]): void {
    for (const { function: name, status } of summaries) {
      const counts = this.#counts.get(name) ?? { invocations: 0, failed: 0 };
      this.#counts.set(name, counts);
      counts.invocations += 1;
      if (status === 'error') counts.failed += 1;
    }
    this.onChange();
  }

  restarted(): void {
    this.run = randomUUID();
    this.since = new Date();
    this.#displaced = undefined;
  }

  serves(name: string): boolean {
    return fakeFunctions.some((each) => each.name === name) && !this.#notServed.has(name);
  }

  /** As after a change of `--function`: it is no longer served. */
  drop(name: string): void {
    this.#notServed.add(name);
    this.onChange();
  }

  /** No errors: the build is good again. */
  build(errors: readonly FakeBuildError[]): void {
    this.#errors = errors;
    this.onChange();
  }

  /** `by` e.g. `grace on laptop`. */
  displace(by?: string): void {
    this.#displaced = by === undefined ? {} : { by };
    this.onChange();
  }

  relay(state: 'connected' | 'lost'): void {
    this.#relay = state;
    this.onChange();
  }

  snapshot(): object {
    return {
      version: 1,
      livectl: '0.1.0',
      run: this.run,
      stage: this.stage,
      place: this.place,
      root: '/home/tom/shop',
      recording: this.recording,
      observing: this.observing,
      max_workers: 10,
      functions: fakeFunctions.filter(({ name }) => this.serves(name)).map((each) => this.#served(each)),
      build: this.#errors.length > 0 ? 'failed' : 'ok',
      ...(this.#errors.length > 0 ? { build_errors: this.#errors } : {}),
      editor: { name: 'VS Code', url: 'vscode://file/{file}:{line}:{column}' },
      ...(this.#displaced === undefined ? {} : { displaced: this.#displaced }),
      relay: this.#relay,
      since: this.since.toISOString(),
      counts: Object.fromEntries(this.#counts),
    };
  }

  #served({ name, source, resource, runtime, handler, file }: (typeof fakeFunctions)[number]): object {
    const served: ServedFunction = {
      name,
      url: source === 'http' ? `http://127.0.0.1:3000${resource}` : undefined,
      mode: 'replace',
      fallback: { kind: 'none' },
      triggers: [],
    };
    const sources: { source: SourceKind; name: string }[] =
      source === 'custom' ? [] : [{ source, name: resource }];
    return { ...served, runtime, handler, file, sources };
  }
}

/** What esbuild says of a missing bracket in `src/orders.ts`. */
export const brokenOrders: readonly FakeBuildError[] = [
  {
    function: 'orders',
    text: 'Expected ")" but found ";"',
    file: 'src/orders.ts',
    line: 18,
    column: 34,
    lineText: '  const total = items.reduce(price;',
  },
];
