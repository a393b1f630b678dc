// [5] The causes of an error, which livectl shows below it: its `cause`, and the parts of an AggregateError.
import { errorCausesLimits as limits } from '../runtime-api/assignment.ts';

interface Cause {
  readonly relation: 'cause' | 'part';
  readonly name: string;
  readonly message: string;
  readonly stack?: readonly string[];
}

/** The value of the header, see `errorCausesHeader`; undefined if there are no causes. Never throws. */
export function encodedCauses(thrown: unknown): string | undefined {
  const causes: Cause[] = [];
  try {
    collect(thrown, causes, new Set([thrown]));
  } catch {
    // A getter of the thrown object throws: what was found so far is enough.
  }
  return causes.length === 0 ? undefined : Buffer.from(JSON.stringify(causes)).toString('base64');
}

function collect(error: unknown, causes: Cause[], seen: Set<unknown>): void {
  if (typeof error !== 'object' || error === null) return;
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  if (cause !== undefined && cause !== null) add('cause', cause, causes, seen);
  // Other errors use a field of this name differently, e.g. for a validation.
  if (!(error instanceof AggregateError) || !Array.isArray(errors)) return;
  for (const part of errors) add('part', part, causes, seen);
}

function add(relation: Cause['relation'], error: unknown, causes: Cause[], seen: Set<unknown>): void {
  if (causes.length >= limits.count || seen.has(error)) return;
  seen.add(error);
  if (error instanceof Error) {
    const stack = String(error.stack ?? '').split('\n');
    const [name, message] = [short(error.name), short(error.message)];
    causes.push({ relation, name, message, stack: stack.slice(0, limits.lines).map(short) });
    collect(error, causes, seen);
  } else causes.push({ relation, name: typeof error, message: short(error) });
}

function short(value: unknown): string {
  return String(value).slice(0, limits.characters);
}
