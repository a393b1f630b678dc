// Which events a pattern matches, in the common language of EventBridge rules, SNS filter policies and `serve --only`
// ("Comparison operators for use in event patterns", "Amazon SNS subscription filter policies").
import { type AddMistake, compileValues, isObject, type MatchContext } from './pattern-values.ts';

/** Whether a document matches the pattern. Takes time linear in the document's size for each value of the pattern. */
export type EventPattern = (document: unknown, context?: MatchContext) => boolean;

/** An invalid pattern. The message joins the mistakes by `; `, each a path and what must be there. */
export class PatternError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('; '));
    this.mistakes = mistakes;
  }
}

/** Bounds on a pattern from outside, which limit the work that matching it can cause. */
export interface PatternLimits {
  /** Length of the pattern as JSON, in bytes of UTF-8. */
  readonly bytes: number;
  /** Objects within objects, the outermost included. */
  readonly depth: number;
  /** Values and matchers, all together. */
  readonly values: number;
  /** `*` in one `wildcard`. */
  readonly stars: number;
}

export interface PatternOptions {
  /** Default: no limits. AWS checks its own. */
  readonly limits?: PatternLimits | undefined;
}

/** At most this many mistakes of a pattern are reported. */
const shownMistakes = 10;

/** Throws a {@link PatternError} for what the language does not have, and for what exceeds a limit. */
export function compilePattern(pattern: unknown, options: PatternOptions = {}): EventPattern {
  if (!isObject(pattern)) throw new PatternError(['a pattern must be a JSON object']);
  if (Object.keys(pattern).length === 0) throw new PatternError(['a pattern must not be empty']);
  const { limits } = options;
  const bytes = limits ? Buffer.byteLength(JSON.stringify(pattern)) : 0;
  if (limits && bytes > limits.bytes)
    throw new PatternError([`a pattern must be at most ${limits.bytes} bytes of JSON, not ${bytes}`]);
  return new Compiler(options).compile(pattern);
}

class Compiler {
  readonly #options: PatternOptions;
  readonly #mistakes: string[] = [];
  #values = 0;

  constructor(options: PatternOptions) {
    this.#options = options;
  }

  compile(pattern: Readonly<Record<string, unknown>>): EventPattern {
    const matches = this.#object(pattern, []);
    const most = this.#options.limits?.values;
    if (most !== undefined && this.#values > most)
      this.#mistakes.push(`a pattern must have at most ${most} values and matchers, not ${this.#values}`);
    if (this.#mistakes.length > 0) throw new PatternError(this.#mistakes.slice(0, shownMistakes));
    return matches;
  }

  #object(pattern: Readonly<Record<string, unknown>>, path: readonly string[]): EventPattern {
    const { depth = Number.POSITIVE_INFINITY } = this.#options.limits ?? {};
    if (path.length >= depth) {
      this.#mistakes.push(`${path.join('.')} must not be nested more than ${depth} levels deep`);
      return () => false;
    }
    const parts = Object.entries(pattern).map(([name, content]) =>
      this.#part(name, content, [...path, name]),
    );
    return (document, context) => {
      const opened = open(document, context);
      if (!Array.isArray(opened)) return parts.every((part) => part(opened, context));
      context?.spend(opened.length);
      // One object of an array must match completely: fields are not collected from several.
      return opened.some((each) => parts.every((part) => part(each, context)));
    };
  }

  #part(name: string, content: unknown, path: readonly string[]): EventPattern {
    const wrong: AddMistake = (words) => {
      this.#mistakes.push(`${path.join('.')} ${words}`);
    };
    if (name === '$or' && Array.isArray(content)) return this.#either(content, path, wrong);
    if (Array.isArray(content)) {
      const count = () => {
        this.#values += 1;
      };
      const matches = compileValues(content, { wrong, count, stars: this.#options.limits?.stars });
      return (document, context) => matches(field(document, name, context), context);
    }
    if (!isObject(content)) {
      wrong('must be an array of values, or an object of fields');
      return () => false;
    }
    const matches = this.#object(content, path);
    return (document, context) => matches(field(document, name, context), context);
  }

  #either(alternatives: readonly unknown[], path: readonly string[], wrong: AddMistake): EventPattern {
    if (alternatives.length < 2) wrong('must have at least two patterns');
    const compiled = alternatives.map((each) => {
      if (isObject(each)) return this.#object(each, path);
      wrong('must be an array of patterns');
      return () => false;
    });
    return (document, context) => compiled.some((matches) => matches(document, context));
  }
}

function field(document: unknown, name: string, context: MatchContext | undefined): unknown {
  const opened = open(document, context);
  if (Array.isArray(opened)) {
    context?.spend(opened.length);
    const values = opened.map((each) => field(each, name, context)).filter((each) => each !== undefined);
    return values.length > 0 ? values : undefined;
  }
  return isObject(opened) && Object.hasOwn(opened, name) ? opened[name] : undefined;
}

function open(document: unknown, context: MatchContext | undefined): unknown {
  return typeof document === 'string' ? context?.decode(document) : document;
}
