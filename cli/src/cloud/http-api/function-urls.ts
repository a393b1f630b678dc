// The HTTP API: Lambda's function URLs, each below its own path and at its own host name.
import type { IncomingMessage } from 'node:http';
import type { Triggers } from '../../manifest/trigger-schema.ts';
import type { CloudFunction } from '../cloud.ts';
import type { Match } from './routes.ts';

type Settings = NonNullable<Triggers['function_url']>;

/** A request to a function URL. */
export interface UrlCall extends Match {
  readonly settings: Settings;
  /** Path and query as the function sees them. */
  readonly url: string;
}

/** Takes precedence over all routes of the HTTP API. */
const prefix = '/_url/';
const byPath = /^\/_url\/([A-Za-z0-9_-]+)(\/[^?]*)?(\?.*)?$/;
const byHost = /^([A-Za-z0-9_-]+)\.localhost(:\d+)?$/i;

export class FunctionUrls {
  readonly #settings: ReadonlyMap<string, Settings>;

  constructor(functions: readonly CloudFunction[]) {
    this.#settings = new Map(
      functions.flatMap(({ name, triggers: { function_url: url } }) => (url ? [[name, url]] : [])),
    );
  }

  /** The function whose URL is called: `/_url/NAME/...`, or any path at `NAME.localhost`. */
  match({ url = '/', headers: { host = '' } }: IncomingMessage): UrlCall | undefined {
    const [, name = '', path = '/', query = ''] = byPath.exec(url) ?? [];
    const [, hostName = ''] = byHost.exec(host) ?? [];
    // Host names are case-insensitive.
    const named = [...this.#settings.keys()].find((each) => each.toLowerCase() === hostName.toLowerCase());
    return this.#call(name, path + query) ?? this.#call(named ?? '', url);
  }

  /** The URL of each function that has one, below the front's base URL. */
  addresses(base: string): ReadonlyMap<string, string> {
    return new Map([...this.#settings.keys()].map((name) => [name, `${base}${prefix}${name}/`]));
  }

  #call(functionName: string, url: string): UrlCall | undefined {
    const settings = this.#settings.get(functionName);
    return settings && { functionName, settings, url, routeKey: '$default', pathParameters: {} };
  }
}
