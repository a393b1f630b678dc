// [4] The own variables of functions on AWS, from their configurations: read with the developer's credentials, cached, and
// read again when a message shows that they have changed.
import { createHash } from 'node:crypto';
import type { Clock } from '../../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { within } from '../../../../protocol/within.ts';
import { type FunctionVariables, merged } from './function-variables.ts';
import { ReadAllowance } from './read-allowance.ts';
import { claimedVariables, comparable, configuredVariables, type Variables } from './sent-variables.ts';
import { isStartupKind } from './startup-kinds.ts';

interface ReadVariablesOptions {
  /** Served functions. */
  readonly functions: readonly string[];
  /**
   * Reads a function's variables from its configuration. Rejects with LD_PERMISSION or LD_STAGE if that is not allowed, with
   * any other error if reading failed.
   */
  readonly read: (functionName: string) => Promise<Variables>;
  /** The stage's Region. */
  readonly region: string;
  readonly clock: Clock;
  readonly onNotice: (message: string) => void;
}

/** How long an invocation waits for its function's configuration; Lambda answers within tens of milliseconds. */
export const waitMs = 3000;

/** A change that messages do not show, e.g. of PATH, is noticed by the next invocation after this time. */
const freshMs = 5 * 60_000;

/** Variables in messages that a read did not confirm: of another version of the function, or forged. */
const keptUnconfirmed = 8;

/** Maximum number of names in a notice. */
const mostNames = 12;

interface Known {
  readonly variables: Variables;
  readonly comparable: ReadonlyMap<string, string>;
  readonly atMs: number;
}

interface FunctionState {
  readonly name: string;
  known: Known | undefined;
  /** Why the last read failed. */
  failure: unknown;
  reading: Promise<void> | undefined;
  /** An invocation has waited the maximum time for a read; nobody waits until a read has succeeded. */
  isLate: boolean;
  readonly allowance: ReadAllowance;
  readonly unconfirmed: Set<string>;
  fallbackReported: boolean;
  otherReported: boolean;
}

/**
 * For functions on AWS: reads their configurations with the developer's own credentials, one at a time, and again when a
 * message shows that one has changed.
 */
export class ReadVariables implements FunctionVariables {
  readonly #options: ReadVariablesOptions;
  readonly #states: ReadonlyMap<string, FunctionState>;
  /** Functions whose read is due, in order. */
  readonly #due: { readonly state: FunctionState; readonly begin: () => void }[] = [];
  #isReading = false;

  constructor(options: ReadVariablesOptions) {
    this.#options = options;
    this.#states = new Map(
      options.functions.map((name) => [
        name,
        {
          name,
          known: undefined,
          failure: undefined,
          reading: undefined,
          isLate: false,
          allowance: new ReadAllowance(options.clock),
          unconfirmed: new Set<string>(),
          fallbackReported: false,
          otherReported: false,
        },
      ]),
    );
  }

  /** Begins to read all of them in the background. */
  start(): void {
    for (const state of this.#states.values()) void this.#read(state);
  }

  /** A function's own variables, read if unknown; rejects as `read` does, or with LD_STAGE for an unknown function. */
  async ownOf(functionName: string): Promise<Variables> {
    const state = this.#states.get(functionName);
    if (state === undefined) throw new LiveDebugError('LD_STAGE', `${functionName} is not served`);
    if (state.known === undefined) await this.#read(state);
    if (state.known === undefined) throw state.failure;
    return state.known.variables;
  }

  of(functionName: string, sent: Variables): Variables | Promise<Variables> {
    const { clock, region } = this.#options;
    const state = this.#states.get(functionName);
    if (state === undefined) return merged({}, sent, region);
    const { known } = state;
    if (known === undefined) {
      const mayRead = state.reading === undefined && state.allowance.take();
      if (state.isLate || isRefusal(state.failure)) {
        // A permission granted in the meantime takes effect with the next invocation; nothing waits for it.
        if (mayRead) void this.#read(state);
        return this.#fallback(state, sent);
      }
      if (state.reading === undefined && !mayRead) return this.#fallback(state, sent);
      return this.#within(state, this.#read(state, 'first')).then(() => this.#settled(state, sent));
    }
    const claimed = comparable(sent);
    if (!sameMap(claimed, known.comparable)) {
      const hash = hashOf(claimed);
      if (!state.unconfirmed.has(hash) && (state.reading !== undefined || state.allowance.take())) {
        const read = this.#read(state, 'first').then(() => this.#confirm(state, claimed, hash));
        if (!state.isLate) return this.#within(state, read).then(() => this.#settled(state, sent));
      }
    } else if (clock.now() - known.atMs > freshMs && state.reading === undefined && state.allowance.take()) {
      void this.#read(state);
    }
    return merged(known.variables, sent, region);
  }

  #settled(state: FunctionState, sent: Variables): Variables {
    if (state.known === undefined) return this.#fallback(state, sent);
    return merged(state.known.variables, sent, this.#options.region);
  }

  /** After a read: if the message still differs, that is no reason to read again. */
  #confirm(state: FunctionState, claimed: ReadonlyMap<string, string>, hash: string): void {
    if (state.known === undefined || sameMap(claimed, state.known.comparable)) return;
    state.unconfirmed.add(hash);
    const [oldest] = state.unconfirmed.size > keptUnconfirmed ? state.unconfirmed : [];
    if (oldest !== undefined) state.unconfirmed.delete(oldest);
    const others = [...state.known.comparable].filter(
      ([name, value]) => claimed.has(name) && claimed.get(name) !== value,
    );
    if (state.otherReported || state.failure !== undefined || others.length === 0) return;
    state.otherReported = true;
    const names = some(others.map(([name]) => name));
    this.#options.onNotice(
      `${state.name}: in an invocation, ${names} differ from the function's configuration, as for another version of it; the configuration of $LATEST is used`,
    );
  }

  /** The read that is running or due, or a new one; `first`: before those that nobody waits for. Never rejects. */
  #read(state: FunctionState, place: 'first' | 'last' = 'last'): Promise<void> {
    if (state.reading !== undefined) {
      const at = this.#due.findIndex((due) => due.state === state);
      const [due] = place === 'first' && at > 0 ? this.#due.splice(at, 1) : [];
      if (due !== undefined) this.#due.unshift(due);
      return state.reading;
    }
    const turn = new Promise<void>((begin) => {
      const due = { state, begin };
      if (place === 'first') this.#due.unshift(due);
      else this.#due.push(due);
    });
    state.reading = turn
      .then(() => this.#options.read(state.name))
      .then(
        (configured) => this.#learn(state, configured),
        (error: unknown) => {
          // What was read before is still the best available.
          state.failure = error;
        },
      )
      .finally(() => {
        state.reading = undefined;
        this.#isReading = false;
        this.#next();
      });
    this.#next();
    return state.reading;
  }

  /** Reads one at a time, since Lambda answers few such requests a second. */
  #next(): void {
    if (this.#isReading) return;
    const due = this.#due.shift();
    if (due === undefined) return;
    this.#isReading = true;
    due.begin();
  }

  #learn(state: FunctionState, configured: Variables): void {
    const variables = configuredVariables(configured);
    const counted = comparable(variables);
    if (state.known !== undefined && !sameMap(counted, state.known.comparable)) state.unconfirmed.clear();
    state.known = { variables, comparable: counted, atMs: this.#options.clock.now() };
    state.failure = undefined;
    state.isLate = false;
  }

  async #within(state: FunctionState, read: Promise<void>): Promise<void> {
    const isInTime = await within(
      this.#options.clock,
      waitMs,
      read.then(() => true),
    );
    if (!isInTime) state.isLate = true;
  }

  /** If the configuration is unknown: the message's variables, without all that could start or load something. */
  #fallback(state: FunctionState, sent: Variables): Variables {
    const claimed = claimedVariables(sent);
    const taken: Record<string, string> = {};
    const left: string[] = [];
    for (const [name, value] of claimed ?? []) {
      if (isStartupKind(name, value)) left.push(name);
      else taken[name] = value;
    }
    // A late read is reported only if it has failed: the next invocation may have its result.
    if (!state.fallbackReported) {
      state.fallbackReported = true;
      const { failure } = state;
      const why =
        failure === undefined
          ? `Lambda did not answer within ${waitMs / 1000} s`
          : failure instanceof LiveDebugError && failure.remedy !== undefined
            ? `${failure.message}; ${failure.remedy}`
            : messageOf(failure);
      const without =
        claimed === undefined
          ? '; they are over 4 KB, so none are used'
          : left.length === 0
            ? ''
            : `, without those that can start or load programs: ${some(left)}`;
      this.#options.onNotice(
        `${state.name}: its configuration could not be read (${why}), so its variables are taken from its invocations${without}`,
      );
    }
    return merged(taken, sent, this.#options.region);
  }
}

function isRefusal(failure: unknown): boolean {
  return (
    failure instanceof LiveDebugError && (failure.code === 'LD_PERMISSION' || failure.code === 'LD_STAGE')
  );
}

function sameMap(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of one) if (other.get(name) !== value) return false;
  return true;
}

/** A hash of variables of any size, since a message may be large. */
function hashOf(variables: ReadonlyMap<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify([...variables].sort()))
    .digest('base64');
}

function some(names: readonly string[]): string {
  const rest = names.length - mostNames;
  return names.slice(0, mostNames).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
