// How two answers of a function differ: results by their JSON, errors by name and message. Also for the inspector's page.
import { parseExactJson } from './exact-json.ts';
import { type Difference, diffJson } from './json-diff.ts';

/** What a function answered. */
export type ComparedAnswer =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly name: string; readonly message: string };

export interface AnswerDiff {
  readonly differences: readonly Difference[];
  /** Equal as JSON, but not the same bytes. */
  readonly isRewritten: boolean;
}

/** No differences if both are equal. Of errors, stacks are not compared. */
export function diffAnswers(before: ComparedAnswer, after: ComparedAnswer): AnswerDiff {
  if (before.ok && after.ok) {
    if (sameBytes(before.body, after.body)) return { differences: [], isRewritten: false };
    const differences = diffTexts(before.body, after.body);
    return { differences, isRewritten: differences.length === 0 };
  }
  const differences = diffJson(shown(before), shown(after));
  return { differences, isRewritten: false };
}

/** As `diffJson`, and inside of texts that are JSON on both sides, such as the body of an HTTP answer. */
export function diffJsonDeep(before: unknown, after: unknown): Difference[] {
  return diffJson(before, after).flatMap<Difference>((difference) => {
    if (difference.kind !== 'changed') return [difference];
    const inner = [container(difference.before), container(difference.after)] as const;
    if (inner[0] === undefined || inner[1] === undefined) return [difference];
    const inside = diffJsonDeep(inner[0], inner[1]);
    // Spaces or the order of members: a difference all the same, since a client gets the text.
    if (inside.length === 0) return [difference];
    return inside.map((each) => ({ ...each, path: [...difference.path, ...each.path] }));
  });
}

function diffTexts(before: Uint8Array, after: Uint8Array): Difference[] {
  const [earlier, later] = [textOf(before), textOf(after)];
  if (earlier === undefined || later === undefined)
    return [{ path: [], kind: 'changed', before: bytesWords(before), after: bytesWords(after, before) }];
  const values = [parsed(earlier), parsed(later)] as const;
  if (values[0] !== undefined && values[1] !== undefined)
    return diffJsonDeep(values[0].value, values[1].value);
  return [{ path: [], kind: 'changed', before: earlier, after: later }];
}

/** E.g. `7 bytes, the first other one at 3`. */
function bytesWords(bytes: Uint8Array, other?: Uint8Array): string {
  const count = `${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}`;
  if (other === undefined) return count;
  const at = bytes.findIndex((byte, index) => byte !== other[index]);
  return `${count}, the first other one at ${at < 0 ? bytes.length : at}`;
}

/** Undefined for bytes that are not text. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseExactJson(text) };
  } catch {
    return undefined;
  }
}

function container(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return undefined;
  return parsed(value)?.value;
}

function shown(answer: ComparedAnswer): unknown {
  if (!answer.ok) return { error: { name: answer.name, message: answer.message } };
  const text = textOf(answer.body) ?? bytesWords(answer.body);
  const json = parsed(text);
  return { result: json === undefined ? text : json.value };
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
