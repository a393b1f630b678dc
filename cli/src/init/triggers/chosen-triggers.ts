// Which of the triggers of a function livectl.json gets, and what is said of the others.
import * as v from 'valibot';
import { checkTriggers } from '../../manifest/trigger-rules.ts';
import { triggersSchema } from '../../manifest/trigger-schema.ts';
import { hasReference } from '../hcl/values.ts';
import type { Candidate, Written } from './candidate.ts';

/** What invokes one function. */
export interface FoundTriggers {
  /** `triggers` in livectl.json; a source appears once, since livectl.json takes one of each. */
  readonly triggers: Readonly<Record<string, unknown>>;
  /** Each that is not written, or not as it is on AWS: a sentence with its address and the reason. */
  readonly notices: readonly string[];
}

/** The rest is counted: an API may have hundreds of routes to one function. */
const mostNotices = 20;
/** `candidates` in the order in which they are written, with where; `timeout` of the function in seconds, at `address`; `more` are further notices. */
export function chosenTriggers(
  address: string,
  candidates: readonly Pick<Candidate, 'address' | 'content'>[],
  timeout: number,
  more: readonly string[] = [],
): FoundTriggers {
  const triggers: Record<string, unknown> = {};
  const notices: string[] = [];
  const taken = new Map<string, string>();
  const preferred = [...candidates].sort((one, other) => rank(one) - rank(other));
  for (const { address: its, content } of preferred) {
    const notWritten = (why: string) =>
      notices.push(`${its}, a trigger of ${address}, is not written: ${why}`);
    if ('why' in content) {
      notWritten(content.why);
      continue;
    }
    const { differs, kind, trigger } = content;
    const before = taken.get(kind);
    const mistake = before === undefined ? mistakeOf(content, timeout) : undefined;
    if (before !== undefined)
      notWritten(`livectl.json takes one ${kind} trigger of a function, and has that of ${before}`);
    else if (mistake !== undefined) notWritten(mistake);
    else {
      taken.set(kind, its);
      triggers[kind] = trigger;
      if (differs !== undefined) notices.push(`${its}, a trigger of ${address}, is written ${differs}`);
    }
  }
  return { triggers, notices: bounded(address, [...notices, ...more]) };
}

/** The first ones, and how many more there are. */
function bounded(address: string, notices: readonly string[]): readonly string[] {
  const more = notices.length - mostNotices;
  return more > 0
    ? [...notices.slice(0, mostNotices), `${more} more about triggers of ${address} are not shown`]
    : notices;
}

function rank({ content }: Pick<Candidate, 'content'>): number {
  return 'why' in content || content.isPreferred !== true ? 1 : 0;
}

/** Why livectl.json cannot have it; undefined: it can. */
function mistakeOf({ kind, trigger }: Written, timeout: number): string | undefined {
  if (refersTo(trigger)) return 'a part of it is only known after an apply';
  const parsed = v.safeParse(triggersSchema, { [kind]: trigger });
  if (!parsed.success) return parsed.issues[0].message;
  const mistakes: string[] = [];
  checkTriggers(parsed.output, timeout, ([, field], text) => mistakes.push(`${field} ${text}`));
  return mistakes[0];
}

/** Whether any text in it stands for what only an apply knows. */
function refersTo(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(refersTo);
  return hasReference(value);
}
