// Whether this machine reaches the hosts of AWS that livectl calls, and what to do if not.
import process from 'node:process';
import { getProxyForUrl } from 'proxy-from-env';
import { endpointOf, hasEmulator } from '../aws/endpoints.ts';
import { systemAuthorities } from '../platform.ts';
import { isLoopback } from '../vpn/private-address.ts';
import { bundleWith } from './authority-bundles.ts';
import { reachHost, type Stopped } from './reach-host.ts';

/** One host. */
export interface Reach {
  readonly url: URL;
  /** Nothing works on AWS without it. */
  readonly isVital: boolean;
  /** The proxy, without user and password; undefined for a direct connection. */
  readonly proxy: string | undefined;
  readonly ms: number;
  /** Undefined if the host was reached. `check` is the one that reports it. */
  readonly problem:
    | { readonly check: 'network' | 'proxy'; readonly message: string; readonly remedy: string }
    | undefined;
}

/** The hosts of `region`, or those of an emulator; each is given up after `boundMs` milliseconds. Never rejects. */
export async function reachAws(region: string, boundMs: number): Promise<readonly Reach[]> {
  const urls = new Map<string, { readonly url: URL; readonly isVital: boolean }>();
  for (const service of ['dynamodb', 'lambda', 'sts'] as const) {
    const endpoint = endpointOf(service, region);
    if (!URL.canParse(endpoint)) continue;
    const url = new URL(endpoint);
    if (!urls.has(url.host)) urls.set(url.host, { url, isVital: service === 'dynamodb' });
  }
  return Promise.all([...urls.values()].map((each) => reach({ ...each, region, boundMs })));
}

interface Asked extends Pick<Reach, 'url' | 'isVital'> {
  readonly region: string;
  readonly boundMs: number;
}

async function reach({ boundMs, isVital, region, url }: Asked): Promise<Reach> {
  const setting = getProxyForUrl(url.href);
  const startedMs = performance.now();
  if (setting !== '' && !isProxyUrl(setting)) {
    const problem = { check: 'proxy', message: 'the proxy is not valid', remedy: 'see "proxy"' } as const;
    return { url, isVital, proxy: undefined, ms: 0, problem };
  }
  const through = setting === '' ? undefined : new URL(setting);
  const stopped = await reachHost({ url, proxy: through, boundMs });
  const ms = performance.now() - startedMs;
  const proxy = through && `${through.protocol}//${through.host}`;
  const problem = stopped && {
    check: 'network' as const,
    ...explain(stopped, { url, region, proxy, hasLogin: Boolean(through?.username), boundMs }),
  };
  return { url, isVital, proxy, ms, problem };
}

/** Whether livectl can use it: a URL of HTTP. */
export function isProxyUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

interface Place {
  readonly url: URL;
  readonly region: string;
  readonly proxy: string | undefined;
  /** The proxy's URL has a user. */
  readonly hasLogin: boolean;
  readonly boundMs: number;
}

interface Words {
  readonly message: string;
  readonly remedy: string;
}

/** The sentence and the remedy for a connection that ended early. */
export function explain(stopped: Stopped, place: Place): Words {
  const { boundMs, hasLogin, proxy, region, url } = place;
  const host = url.hostname;
  const bound = `${boundMs / 1000} s`;
  if (proxy !== undefined && isLoopback(host.replace(/^\[|\]$/g, '')) && stopped.at !== 'certificate')
    return {
      message: `${url.host} is on this machine, but requests to it go through the proxy ${proxy}, which does not pass them on`,
      remedy: 'add 127.0.0.1,localhost to NO_PROXY',
    };
  switch (stopped.at) {
    case 'connect':
      return proxy === undefined ? notConnected(stopped.code, place) : proxyNotConnected(stopped.code, proxy);
    case 'proxy':
      return refusedByProxy(stopped, { host, proxy, hasLogin });
    case 'no proxy':
      return {
        message: `what answers at ${proxy} is not an HTTP proxy`,
        remedy:
          'correct HTTPS_PROXY: its URL begins with http://, or with https:// if the proxy itself uses TLS',
      };
    case 'tls':
      return {
        message: `the TLS handshake with ${host} failed: ${stopped.code}`,
        remedy: `a firewall or proxy interferes with TLS: ask its administrators to allow ${wildcardOf(url)}:443`,
      };
    case 'certificate':
      return notTrusted(stopped, host);
    case 'time':
      if (proxy === undefined)
        return {
          message: `${host} does not answer within ${bound}`,
          remedy: hasEmulator()
            ? 'does the emulator that AWS_ENDPOINT_URL names still run?'
            : 'check the network; behind a corporate proxy, set HTTPS_PROXY',
        };
      if (stopped.during === 'connect')
        return {
          message: `the proxy ${proxy} cannot be connected to within ${bound}`,
          remedy: 'correct HTTPS_PROXY, or unset it in a network without a proxy',
        };
      return {
        message:
          stopped.during === 'proxy'
            ? `the proxy ${proxy} accepts connections, but has not answered CONNECT ${host} within ${bound}`
            : `the proxy ${proxy} connects to ${host}, but nothing comes back within ${bound}`,
        remedy: `ask its administrators; if ${region} is reached without it, add .amazonaws.com to NO_PROXY`,
      };
  }
}

function notConnected(code: string, { region, url }: Place): Words {
  const { host, hostname } = url;
  if (/^(ENOTFOUND|EAI_NONAME)$/.test(code))
    return hasEmulator()
      ? { message: `the name ${hostname} is not found`, remedy: 'correct AWS_ENDPOINT_URL' }
      : {
          message: `the name ${hostname} is not found: there is no Region ${region}, or DNS does not answer for it`,
          remedy: 'correct --region or AWS_REGION; behind a corporate proxy, set HTTPS_PROXY',
        };
  const remedy = hasEmulator()
    ? 'does the emulator that AWS_ENDPOINT_URL names still run?'
    : 'check the network and the firewall; behind a corporate proxy, set HTTPS_PROXY';
  return { message: `${host} cannot be connected to (${code})`, remedy };
}

function proxyNotConnected(code: string, proxy: string): Words {
  return {
    message: `the proxy ${proxy} cannot be connected to (${code})`,
    remedy: 'correct HTTPS_PROXY, or unset it in a network without a proxy',
  };
}

function refusedByProxy(
  { schemes, status }: Extract<Stopped, { at: 'proxy' }>,
  { hasLogin, host, proxy }: { host: string; proxy: string | undefined; hasLogin: boolean },
): Words {
  if (status === 407) {
    const basic = schemes.length === 0 || schemes.some((scheme) => /^basic$/i.test(scheme));
    if (!basic)
      return {
        message: `the proxy ${proxy} only accepts ${schemes.join(' or ')} logins (407), which livectl cannot do`,
        remedy: 'run a local proxy that signs in, such as px or cntlm, and name it in HTTPS_PROXY',
      };
    return hasLogin
      ? {
          message: `the proxy ${proxy} does not accept the user and password in HTTPS_PROXY (407)`,
          remedy: 'correct them; special characters in a URL are percent-encoded, @ as %40',
        }
      : {
          message: `the proxy ${proxy} requires a user and a password (407)`,
          remedy: `set HTTPS_PROXY=${proxy?.replace('//', '//USER:PASSWORD@')}`,
        };
  }
  if (status === 403)
    return {
      message: `the proxy ${proxy} refuses to connect to ${host} (403)`,
      remedy:
        'ask its administrators to allow CONNECT to *.amazonaws.com:443; if AWS is reached without it, add .amazonaws.com to NO_PROXY',
    };
  return {
    message: `the proxy ${proxy} answers CONNECT ${host} with ${status}`,
    remedy: 'ask its administrators, or correct HTTPS_PROXY',
  };
}

function notTrusted({ code, issuer, validTo }: Extract<Stopped, { at: 'certificate' }>, host: string): Words {
  if (/EXPIRED|NOT_YET_VALID/.test(code))
    return {
      message: `the certificate of ${host} is valid until ${validTo}, and not now: ${code}`,
      remedy: 'is this machine’s clock right? If it is, the administrators of the proxy must renew it',
    };
  if (/ALTNAME/.test(code))
    return {
      message: `what answers as ${host} has a certificate for other names, issued by ${issuer}`,
      remedy: 'sign in to the network’s own page, if it has one; check HTTPS_PROXY and DNS',
    };
  const known = bundleWith(issuer);
  const system = systemAuthorities();
  const file =
    known === undefined
      ? 'set NODE_EXTRA_CA_CERTS to a PEM file with that authority’s certificate'
      : `set NODE_EXTRA_CA_CERTS=${known.file}, as ${known.variable} is: it has that certificate`;
  return {
    message: `the certificate of ${host} was issued by ${issuer}, which is not trusted here: a proxy that opens TLS connections, most likely`,
    remedy: [
      file,
      ...(system === undefined ? [] : [`or, if this system trusts it, ${system}`]),
      'Python functions also need AWS_CA_BUNDLE',
    ].join('; '),
  };
}

function wildcardOf({ hostname }: URL): string {
  return hostname.endsWith('.amazonaws.com') ? '*.amazonaws.com' : hostname;
}

/** The variables of this machine that name a proxy, for messages. */
export function proxyVariable(): string | undefined {
  return ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].find((name) => process.env[name]);
}
