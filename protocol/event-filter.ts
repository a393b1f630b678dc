// A client's filter: which invocations of a function it wants, as an event pattern. Loaded only if there is one.
import { type EventFacts, factsOf, jsonIn, recordsOf } from './event-facts.ts';
import { compilePattern, PatternError, type PatternLimits } from './event-pattern.ts';
import type { MatchContext } from './pattern-values.ts';

/** Limits of one filter. EventBridge takes 2,048 characters (AWS: "Amazon EventBridge quotas"). */
export const filterLimits: PatternLimits = { bytes: 2048, depth: 12, values: 64, stars: 8 };

/** The longest event that is matched, in bytes: Lambda's largest payload. A longer event matches no filter. */
export const longestEvent = 6_291_556;

/**
 * Most comparisons, and characters that they look at, for one event and all filters together: about a fifth of a second. Once an
 * event takes more, no further filter matches it.
 */
const mostSteps = 20_000_000;

/**
 * The filter in a client's item, as JSON. `event` is a pattern over the event as Lambda received it, in which a text that holds
 * JSON has fields; `facts` is one over {@link EventFacts}.
 */
export interface FilterText {
  /** As its user wrote it. */
  readonly only: string;
  readonly event?: unknown;
  readonly facts?: unknown;
  /** Texts that every matching event contains literally: for readers that don't match patterns. */
  readonly needs?: readonly string[];
}

export type EventFilter = (record: RecordToMatch, context: MatchContext) => boolean;

interface RecordToMatch {
  readonly event: unknown;
  /** Computed on first use. */
  readonly facts: EventFacts;
}

/** Throws a {@link PatternError} for a filter that is invalid or exceeds a limit. */
export function compileFilter(text: string): EventFilter {
  const filter = filterOf(text);
  const parts = [
    ...(filter.event === undefined ? [] : [matchEvent(filter.event)]),
    ...(filter.facts === undefined ? [] : [matchFacts(filter.facts)]),
  ];
  if (parts.length === 0) throw new PatternError(['a filter must have a pattern']);
  return (record, context) => parts.every((matches) => matches(record, context));
}

function filterOf(text: string): Partial<FilterText> {
  try {
    const filter: unknown = JSON.parse(text);
    if (typeof filter === 'object' && filter !== null) return filter;
  } catch {
    // Not JSON.
  }
  throw new PatternError(['a filter must be a JSON object']);
}

function matchEvent(pattern: unknown): EventFilter {
  const matches = compilePattern(pattern, { limits: filterLimits });
  return ({ event }, context) => matches(event, context);
}

function matchFacts(pattern: unknown): EventFilter {
  const matches = compilePattern(pattern, { limits: filterLimits });
  // A fact that happens to be JSON stays text.
  return ({ facts }, { spend }) => matches(facts, { spend, decode: () => undefined });
}

/** One event and what filters ask of it. */
export class EventToMatch {
  readonly #bytes: Uint8Array;
  #records: readonly RecordToMatch[] | undefined;
  #steps = 0;
  /** A text that several filters look into is parsed once. */
  readonly #held = new Map<string, unknown>();
  readonly #context: MatchContext = {
    spend: (steps) => {
      this.#steps += steps;
      if (this.#steps > mostSteps) throw new RangeError(`matching took over ${mostSteps} steps`);
    },
    decode: (text) => {
      if (!this.#held.has(text)) {
        this.#context.spend(text.length);
        this.#held.set(text, jsonIn(text));
      }
      return this.#held.get(text);
    },
  };

  constructor(event: Uint8Array) {
    this.#bytes = event;
  }

  /**
   * For each record of the event, the first of `filters` that matches it, by its number in the list; -1 if none does. Undefined if
   * that takes too much work. Never throws.
   */
  owners(filters: readonly EventFilter[]): readonly number[] | undefined {
    try {
      this.#records ??= this.#read();
      return this.#records.map((record) => filters.findIndex((filter) => filter(record, this.#context)));
    } catch {
      return undefined;
    }
  }

  /** Whether every record of the event matches. Never throws. */
  matches(filter: EventFilter): boolean {
    try {
      this.#records ??= this.#read();
      return this.#records.length > 0 && this.#records.every((record) => filter(record, this.#context));
    } catch {
      // Too much work, or nested too deep for the stack.
      return false;
    }
  }

  #read(): readonly RecordToMatch[] {
    const { buffer, byteLength, byteOffset } = this.#bytes;
    if (byteLength > longestEvent) return [];
    const event: unknown = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'));
    return recordsOf(event).map((record) => {
      let facts: EventFacts | undefined;
      return {
        event: record,
        get facts() {
          facts ??= factsOf(record);
          return facts;
        },
      };
    });
  }
}
