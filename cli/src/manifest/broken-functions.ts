// The functions of livectl.json that have mistakes, apart from those that can be served, and what is deployed of them.
import * as v from 'valibot';
import { type FunctionText, functionSchema } from './manifest-schema.ts';
import { jsonPath, type Mistake } from './mistakes.ts';

type FunctionTexts = Readonly<Record<string, FunctionText>>;

/** Serves as handler and runtime where there are none; nothing is run. */
export const placeholders = { handler: 'index.handler', runtime: 'nodejs22.x' };

/** Its code does not run, so nothing is fetched for it, and nothing answers in its place. */
const notDeployed = { mode: 'replace', layers: [] };

/** A round removes what the one before has found; a rule may concern a few fields. */
const mostRounds = 20;

/** The function that a mistake belongs to; undefined for one of the file itself. */
export function functionOf({ path }: Mistake): string | undefined {
  return /^functions\.([a-zA-Z0-9_-]{1,64})(?![\w$-])/.exec(path)?.[1];
}

/** By function, in the order of the mistakes; undefined if one belongs to no function, or if no function is without. */
export function mistakesByFunction(
  mistakes: readonly Mistake[],
  names: readonly string[],
): ReadonlyMap<string, readonly Mistake[]> | undefined {
  const broken = new Map<string, Mistake[]>();
  for (const mistake of mistakes) {
    const name = functionOf(mistake);
    if (name === undefined) return undefined;
    broken.set(name, [...(broken.get(name) ?? []), mistake]);
  }
  return names.every((name) => broken.has(name)) ? undefined : broken;
}

/**
 * The valid settings of a broken function, so that what invokes it reaches it, beside the good ones; defaults for all others, and
 * never `wrap`. `rules` returns the mistakes of all these functions; those of the good ones count before the last one's.
 */
export function deployableText(
  name: string,
  raw: unknown,
  others: FunctionTexts,
  rules: (functions: FunctionTexts) => readonly Mistake[],
): FunctionText {
  let fields: Readonly<Record<string, unknown>> = { ...placeholders, ...objectOf(raw), ...notDeployed };
  for (let round = 0; round < mostRounds; round++) {
    const parsed = v.safeParse(functionSchema, fields);
    const places = parsed.success
      ? rules({ ...others, [name]: parsed.output }).flatMap((mistake) => placeIn(name, mistake))
      : parsed.issues.map(({ path = [] }) => path.map(({ key }) => key));
    if (parsed.success && places.length === 0) return parsed.output;
    const left = without(fields, places);
    if (JSON.stringify(left) === JSON.stringify(fields)) break;
    fields = left;
  }
  return v.parse(functionSchema, placeholders);
}

/** Where in the function the mistake is; none if it is another's. */
function placeIn(name: string, mistake: Mistake): (readonly unknown[])[] {
  if (functionOf(mistake) !== name) return [];
  const rest = mistake.path.slice(jsonPath(['functions', name]).length);
  return [rest.split(/[.[]/).slice(1)];
}

/** A trigger is left out alone, everything else with its field. */
function without(
  fields: Readonly<Record<string, unknown>>,
  places: readonly (readonly unknown[])[],
): Readonly<Record<string, unknown>> {
  const left: Record<string, unknown> = { ...fields };
  for (const [field, part] of places) {
    const key = String(field);
    const triggers = objectOf(left.triggers);
    if (key === 'triggers' && Object.hasOwn(triggers, String(part))) {
      const { [String(part)]: _, ...others } = triggers;
      left.triggers = others;
    } else {
      delete left[key];
    }
  }
  return { ...placeholders, ...left };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
