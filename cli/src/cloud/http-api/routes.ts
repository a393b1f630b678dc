// The HTTP API's routes: which function answers a request, by API Gateway's rules for HTTP APIs.
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import type { CloudFunction } from '../cloud.ts';
import { meantRoute } from './meant-route.ts';

type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** `{name+}`, the rest of the path. */
  | { readonly kind: 'greedy'; readonly name: string };

interface Route {
  readonly functionName: string;
  /** Upper case; `ANY` for every method. */
  readonly method: string;
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** The result of routing a request. */
export interface Match {
  readonly functionName: string;
  /** E.g. `GET /users/{id}` or `$default`. */
  readonly routeKey: string;
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

export class RouteTable {
  /** The most specific first. */
  readonly #routes: readonly Route[];

  /** Throws LD_CONFIG for an invalid path, and where two functions have the same route. */
  constructor(functions: readonly CloudFunction[]) {
    const asked = functions.filter(({ triggers }) => triggers.http !== undefined).flatMap(routesOf);
    const taken = new Set(asked.map(keyOf));
    // A function without a trigger for HTTP gets a route only if no other function asked for it.
    const given = functions
      .filter(({ triggers }) => triggers.http === undefined)
      .flatMap(routesOf)
      .filter((route) => !taken.has(keyOf(route)));
    this.#routes = [...asked, ...given].sort(bySpecificity);
    for (const [index, route] of this.#routes.entries()) {
      const other = this.#routes[index + 1];
      if (other && bySpecificity(route, other) === 0 && shapeOf(route) === shapeOf(other)) {
        throw new LiveDebugError(
          'LD_CONFIG',
          `${route.functionName} and ${other.functionName} both answer ${route.method} ${route.path}`,
          { remedy: 'Give one of them another triggers.http.path or method.' },
        );
      }
    }
  }

  /** `path` is the request's, without the query and still encoded; undefined if no route matches. */
  match(method: string, path: string): Match | undefined {
    const parts = path.slice(1).split('/').map(decodePart);
    for (const route of this.#routes) {
      if (route.method !== 'ANY' && route.method !== method) continue;
      const pathParameters = route.path === '$default' ? {} : matchSegments(route.segments, parts);
      if (!pathParameters) continue;
      const routeKey = route.path === '$default' ? '$default' : `${route.method} ${route.path}`;
      return { functionName: route.functionName, routeKey, pathParameters };
    }
    return undefined;
  }

  /** The route that a request was meant for which matches none; undefined if none is similar. */
  meant(path: string): string | undefined {
    const parts = path.slice(1).split('/').map(decodePart);
    const matches = new Set(this.#routes.filter(({ segments }) => matchSegments(segments, parts)));
    return meantRoute(path, this.#routes, (route) => matches.has(route as Route));
  }
}

/** A path that can be called: variables are replaced by their own names. */
export function callablePath({ name, triggers }: CloudFunction): string {
  const path = triggers.http?.path ?? `/${name}`;
  return path === '$default' ? '/' : path.replace(/\{([^{}+]+)\+?\}/g, '$1');
}

function routesOf({ name, triggers: { http } }: CloudFunction): Route[] {
  const method = http?.method ?? 'ANY';
  if (http?.path !== undefined) return [routeOf(name, method, http.path)];
  // `/name`, and everything below it.
  return [`/${name}`, `/${name}/`, `/${name}/{proxy+}`].map((path) => routeOf(name, method, path));
}

function routeOf(functionName: string, method: string, path: string): Route {
  if (path === '$default') return { functionName, method: 'ANY', path, segments: [] };
  const segments = path.slice(1).split('/').map(parseSegment);
  const greedy = segments.findIndex((segment) => segment?.kind === 'greedy');
  const wrong =
    !path.startsWith('/') || segments.includes(undefined) || (greedy >= 0 && greedy < segments.length - 1);
  if (wrong) {
    throw new LiveDebugError('LD_CONFIG', `${functionName}: '${path}' is not a valid path of an HTTP API`, {
      remedy: "Write it like '/users/{id}'; a greedy variable such as {proxy+} stands at its end.",
    });
  }
  return { functionName, method, path, segments: segments.filter((segment) => segment !== undefined) };
}

function parseSegment(text: string): Segment | undefined {
  const [, name, plus] = /^\{([A-Za-z0-9._:-]+)(\+?)\}$/.exec(text) ?? [];
  if (name !== undefined) return { kind: plus === '+' ? 'greedy' : 'variable', name };
  return /[{}]/.test(text) ? undefined : { kind: 'text', text: decodePart(text) };
}

function matchSegments(
  segments: readonly Segment[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const parameters: [string, string][] = [];
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.kind === 'greedy') {
      const rest = parts.slice(index).join('/');
      return rest === '' ? undefined : Object.fromEntries([...parameters, [segment.name, rest]]);
    }
    if (segment.kind === 'text') {
      if (segment.text !== part) return undefined;
    } else {
      if (part === '') return undefined;
      parameters.push([segment.name, part]);
    }
  }
  return parts.length === segments.length ? Object.fromEntries(parameters) : undefined;
}

const rank: Readonly<Record<Segment['kind'], number>> = { text: 0, variable: 1, greedy: 2 };

/**
 * Full matches before greedy ones before `$default`; from the left, text before variables; a specific method before ANY (AWS:
 * "Routing API requests").
 */
function bySpecificity(a: Route, b: Route): number {
  const isDefault = (route: Route) => Number(route.path === '$default');
  const isGreedy = (route: Route) => Number(route.segments.at(-1)?.kind === 'greedy');
  const first = isDefault(a) - isDefault(b) || isGreedy(a) - isGreedy(b);
  if (first !== 0) return first;
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    const order = other ? rank[segment.kind] - rank[other.kind] : -1;
    if (order !== 0) return order;
  }
  return (
    b.segments.length - a.segments.length ||
    compareText(shapeOf(a), shapeOf(b)) ||
    Number(a.method === 'ANY') - Number(b.method === 'ANY') ||
    compareText(a.method, b.method)
  );
}

/** The path without the names of its variables: two with the same shape match the same requests. */
function shapeOf({ path }: Route): string {
  return path.replace(/\{[^{}+]+/g, '{');
}

function keyOf(route: Route): string {
  return `${route.method} ${shapeOf(route)}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
