// The HTTP API: which route a request that matches none was probably meant for.
import { closest } from '../../manifest/did-you-mean.ts';

interface RoutePath {
  /** Upper case; `ANY` for every method. */
  readonly method: string;
  readonly path: string;
}

/** At most this many routes are compared, letter by letter. */
const mostRoutes = 200;

/** `POST /orders` where the path is right; else the path of the most similar route. `path` is bounded by the caller. */
export function meantRoute(
  path: string,
  routes: readonly RoutePath[],
  matchesPath: (route: RoutePath) => boolean,
): string | undefined {
  const samePath = routes.find(matchesPath);
  if (samePath !== undefined) return `${samePath.method} ${samePath.path}`;
  const asked = path.split('/');
  const byText = new Map(
    routes
      .filter((route) => route.path !== '$default')
      .slice(0, mostRoutes)
      .map((route) => [filled(route.path, asked), route.path]),
  );
  return byText.get(closest(path, [...byText.keys()]) ?? '');
}

/** The route's path with what was asked for in place of its variables. */
function filled(path: string, asked: readonly string[]): string {
  return path
    .split('/')
    .map((part, index) => {
      if (!part.startsWith('{')) return part;
      return part.endsWith('+}') ? asked.slice(index).join('/') : asked[index] || part;
    })
    .join('/');
}
