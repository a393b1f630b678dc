// The package ships no types of its own.
declare module 'proxy-from-env' {
  /** The proxy that should handle a request to the URL; empty where none should. */
  export function getProxyForUrl(url: string | URL): string;
}
