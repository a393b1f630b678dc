// How two JSON values differ, for `livectl replay --diff` and the inspector's page, which runs this in a browser.
import { align } from './array-alignment.ts';
import { JsonIdentities } from './json-identities.ts';

/** Names of members and positions in arrays, from the outermost value on. */
export type JsonPath = readonly (string | number)[];

/**
 * One difference. Positions in `path` are those of the later value; only the last one of a removed item is that of the earlier.
 */
export type Difference =
  | { readonly path: JsonPath; readonly kind: 'added'; readonly after: unknown }
  | { readonly path: JsonPath; readonly kind: 'removed'; readonly before: unknown }
  | { readonly path: JsonPath; readonly kind: 'changed'; readonly before: unknown; readonly after: unknown };

/** Values nested deeper are compared as a whole. */
const maxDepth = 200;

/**
 * The differences of two values from `JSON.parse`: none if they are equal, whatever the order of their members. Items of an array
 * are aligned, so that one that was inserted is one difference.
 */
export function diffJson(before: unknown, after: unknown): Difference[] {
  const differences: Difference[] = [];
  const identities = new JsonIdentities();
  compare(before, after, []);
  return differences;

  function compare(earlier: unknown, later: unknown, path: JsonPath): void {
    if (identities.of(earlier) === identities.of(later)) return;
    if (path.length < maxDepth) {
      if (Array.isArray(earlier) && Array.isArray(later)) return compareArrays(earlier, later, path);
      if (isObject(earlier) && isObject(later)) return compareObjects(earlier, later, path);
    }
    differences.push({ path, kind: 'changed', before: earlier, after: later });
  }

  function compareObjects(earlier: JsonObject, later: JsonObject, path: JsonPath): void {
    for (const [name, value] of Object.entries(earlier)) {
      if (Object.hasOwn(later, name)) compare(value, later[name], [...path, name]);
      else differences.push({ path: [...path, name], kind: 'removed', before: value });
    }
    for (const [name, value] of Object.entries(later))
      if (!Object.hasOwn(earlier, name))
        differences.push({ path: [...path, name], kind: 'added', after: value });
  }

  function compareArrays(earlier: readonly unknown[], later: readonly unknown[], path: JsonPath): void {
    for (const { from, to } of align(earlier, later, identities)) {
      if (from === undefined && to !== undefined)
        differences.push({ path: [...path, to], kind: 'added', after: later[to] });
      else if (from !== undefined && to === undefined)
        differences.push({ path: [...path, from], kind: 'removed', before: earlier[from] });
      else if (from !== undefined && to !== undefined) compare(earlier[from], later[to], [...path, to]);
    }
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
