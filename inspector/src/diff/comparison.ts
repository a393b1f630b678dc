// Inspector page: two bodies as values that can be compared: JSON, JSON inside an HTTP body, or lines of text.
import { type Difference, diffJson } from '../../../cli/src/recordings/json-diff.ts';

export interface Comparison {
  readonly before: unknown;
  readonly after: unknown;
  readonly differences: readonly Difference[];
  /** At least one of them is not JSON: their lines are compared. */
  readonly isText: boolean;
  /** The body of an HTTP answer is JSON, and was compared as such. */
  readonly hasOpenBody: boolean;
}

/** More lines of text are not compared. */
const mostLines = 20_000;

export function comparison(before: string, after: string): Comparison {
  const values = [parsed(before), parsed(after)] as const;
  const [first, second] = values;
  if (first === undefined || second === undefined) {
    const lines = [linesOf(before), linesOf(after)] as const;
    return {
      before: lines[0],
      after: lines[1],
      differences: diffJson(...lines),
      isText: true,
      hasOpenBody: false,
    };
  }
  const opened = withOpenBodies(first.value, second.value);
  const [left, right] = opened ?? [first.value, second.value];
  return {
    before: left,
    after: right,
    differences: diffJson(left, right),
    isText: false,
    hasOpenBody: opened !== undefined,
  };
}

/** Both answers with their bodies parsed; undefined if they are not two JSON texts, or differ in their layout only. */
function withOpenBodies(before: unknown, after: unknown): readonly [unknown, unknown] | undefined {
  const bodies = [bodyOf(before), bodyOf(after)] as const;
  if (bodies[0] === undefined || bodies[1] === undefined) return undefined;
  const [first, second] = [parsed(bodies[0]), parsed(bodies[1])];
  if (!isStructure(first?.value) || !isStructure(second?.value)) return undefined;
  if (bodies[0] !== bodies[1] && diffJson(first?.value, second?.value).length === 0) return undefined;
  return [
    { ...(before as object), body: first?.value },
    { ...(after as object), body: second?.value },
  ];
}

function bodyOf(value: unknown): string | undefined {
  if (!isStructure(value) || Array.isArray(value)) return undefined;
  const { body, isBase64Encoded, statusCode } = value as Readonly<Record<string, unknown>>;
  return statusCode !== undefined && isBase64Encoded !== true && typeof body === 'string' ? body : undefined;
}

function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function linesOf(text: string): string[] {
  const lines = text.split('\n', mostLines + 1);
  return lines.length > mostLines
    ? [...lines.slice(0, mostLines), '… more lines, which are not compared']
    : lines;
}
