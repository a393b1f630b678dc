// A client's filter: which invocations of a function it wants, as an event pattern. Loaded only where there is one.
import { type EventFacts, factsOf, jsonIn, recordsOf } from './event-facts.ts';
import { compilePattern, PatternError, type PatternLimits } from './event-pattern.ts';
import type { MatchContext } from './pattern-values.ts';

/** Of one filter. EventBridge takes 2,048 characters (AWS: "Amazon EventBridge quotas"). */
export const filterLimits: PatternLimits = { bytes: 2048, depth: 12, values: 64, stars: 8 };

/** Of an event that is matched, in bytes: Lambda's largest payload. What is longer matches no filter. */
export const longestEvent = 6_291_556;

/**
 * Comparisons, and characters that they look at, for one event and all filters together: a fifth of a second or so. An event that
 * takes more matches no filter from there on.
 */
const mostSteps = 20_000_000;

/**
 * What a client's item holds as its filter, in JSON. `event` is a pattern over the event as Lambda got it, where a text that
 * holds JSON has fields; `facts` is one over {@link EventFacts}.
 */
export interface FilterText {
  /** As its user wrote it. */
  readonly only: string;
  readonly event?: unknown;
  readonly facts?: unknown;
  /** Texts that stand in every event that matches, letter for letter: for readers that don't match patterns. */
  readonly needs?: readonly string[];
}

export type EventFilter = (record: RecordToMatch, context: MatchContext) => boolean;

interface RecordToMatch {
  readonly event: unknown;
  /** Found when they are asked for first. */
  readonly facts: EventFacts;
}

/** Throws a {@link PatternError} for a filter that is none or over a limit. */
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
    // It is no JSON.
  }
  throw new PatternError(['a filter is a JSON object']);
}

function matchEvent(pattern: unknown): EventFilter {
  const matches = compilePattern(pattern, { limits: filterLimits });
  return ({ event }, context) => matches(event, context);
}

function matchFacts(pattern: unknown): EventFilter {
  const matches = compilePattern(pattern, { limits: filterLimits });
  // A value that happens to be JSON is a value.
  return ({ facts }, { spend }) => matches(facts, { spend, decode: () => undefined });
}

/** One event and what filters ask of it. */
export class EventToMatch {
  readonly #bytes: Uint8Array;
  #records: readonly RecordToMatch[] | undefined;
  #steps = 0;
  /** A text that several filters look into is read once. */
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

  /** Whether each record of it is one that the filter asks for: a batch goes whole. Never throws. */
  matches(filter: EventFilter): boolean {
    try {
      this.#records ??= this.#read();
      return this.#records.length > 0 && this.#records.every((record) => filter(record, this.#context));
    } catch {
      // Too much work, or nested so deep that there is no stack for it.
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
