// [5] This machine's proxies and certificate authorities for function code, which reaches nothing without them behind a
// corporate proxy.
import process from 'node:process';

type Variables = Readonly<Record<string, string>>;

/** Variables by which programs and AWS SDKs find a proxy, in either case. */
export const proxy = /^(HTTP|HTTPS|ALL|NO)_PROXY$/i;

/** Variables by which they find additional certificate authorities, in either case. */
const authorities =
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|AWS_CA_BUNDLE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/i;

/** A worker's Runtime API, its credentials and a local cloud are never behind a proxy. */
const loopback = ['127.0.0.1', 'localhost', '::1'];

/** The variables of this machine that a function may use. With a proxy, loopback addresses bypass it. */
export function machineNetwork(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value && (proxy.test(name) || authorities.test(name))) found[name] = value;
  }
  const noProxy = found.no_proxy ?? found.NO_PROXY;
  if (Object.keys(found).some((name) => proxy.test(name) && name.toUpperCase() !== 'NO_PROXY')) {
    const exceptions = [...(noProxy === undefined ? [] : [noProxy]), ...loopback].join(',');
    // Programs disagree on which of the two takes precedence.
    Object.assign(found, { no_proxy: exceptions, NO_PROXY: exceptions });
  } else {
    delete found.no_proxy;
    delete found.NO_PROXY;
  }
  return found;
}

/** Adds a proxy for everything, which gives way to this machine's own. Loopback addresses bypass it: the Runtime API is there. */
export function withAllProxy(network: Variables, all: string | undefined): Variables {
  if (all === undefined || network.ALL_PROXY || network.all_proxy) return network;
  const exceptions = network.no_proxy ?? loopback.join(',');
  return { ...network, ALL_PROXY: all, all_proxy: all, NO_PROXY: exceptions, no_proxy: exceptions };
}

/**
 * The variables for a function that sets these: no proxies if it sets one itself, in either case, since the exceptions would
 * not be for its proxy; and those authorities that it does not set.
 */
export function networkFor(given: Variables, network: Variables): Record<string, string> {
  const names = new Set(Object.keys(given).map((name) => name.toUpperCase()));
  const hasProxy = [...names].some((name) => proxy.test(name));
  return Object.fromEntries(
    Object.entries(network).filter(([name]) =>
      proxy.test(name) ? !hasProxy : !names.has(name.toUpperCase()),
    ),
  );
}
