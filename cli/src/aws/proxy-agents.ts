// Corporate proxies: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, for requests and for the socket alike.
import type { Agent } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { keepAlive } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

const agents = new Map<string, Agent>();

/**
 * The agent that tunnels (CONNECT) to a URL, or undefined where no proxy stands before it; `use` has connections of its
 * own. Throws LD_CONFIG for a proxy that is no URL; the proxy's user and password never show.
 */
export function proxyAgent(url: URL, use: 'all' | 'bulk' = 'all'): Agent | undefined {
  const proxy = getProxyForUrl(url.href.replace(/^ws/, 'http'));
  if (proxy === '') return undefined;
  const key = `${use} ${proxy}`;
  const known = agents.get(key);
  if (known) return known;
  if (!URL.canParse(proxy)) {
    throw new LiveDebugError('LD_CONFIG', `the proxy set for ${url.host} is no URL`, {
      remedy: 'set HTTPS_PROXY as in http://proxy.example.com:3128, or name the host in NO_PROXY',
    });
  }
  const agent = new HttpsProxyAgent(proxy, keepAlive);
  agents.set(key, agent);
  return agent;
}
