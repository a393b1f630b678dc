// A client's filter: which invocations of a function it wants, as an event pattern. Loaded only where there is one.
import { type EventFacts, factsOf, jsonIn, recordsOf } from './event-facts.ts';
import { compilePattern, type EventPattern, PatternError, type PatternLimits } from './event-pattern.ts';

/** Of one filter. EventBridge takes 2,048 characters (AWS: "Amazon EventBridge quotas"). */
export const filterLimits: PatternLimits = { bytes: 2048, depth: 12, values: 64, stars: 8 };

/** Of an event that is matched, in bytes: Lambda's largest payload. What is longer matches no filter. */
export const longestEvent = 6_291_556;

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

export type EventFilter = (record: RecordToMatch) => boolean;

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
  return (record) => parts.every((matches) => matches(record));
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
  /** A text that several parts of the pattern look into is read once. */
  const held = new Map<string, unknown>();
  const decode = (text: string) => {
    if (!held.has(text)) held.set(text, jsonIn(text));
    return held.get(text);
  };
  const matches = compilePattern(pattern, { limits: filterLimits, decode });
  return ({ event }) => {
    held.clear();
    const found = matches(event);
    held.clear();
    return found;
  };
}

function matchFacts(pattern: unknown): EventFilter {
  const matches: EventPattern = compilePattern(pattern, { limits: filterLimits });
  return ({ facts }) => matches(facts);
}

/** One event and what filters ask of it. */
export class EventToMatch {
  readonly #bytes: Uint8Array;
  #records: readonly RecordToMatch[] | undefined;

  constructor(event: Uint8Array) {
    this.#bytes = event;
  }

  /** Whether each record of it is one that the filter asks for: a batch goes whole. Never throws. */
  matches(filter: EventFilter): boolean {
    try {
      this.#records ??= this.#read();
      return this.#records.length > 0 && this.#records.every(filter);
    } catch {
      // Nested so deep that there is no stack for it.
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
