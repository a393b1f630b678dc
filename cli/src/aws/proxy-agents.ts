// Corporate proxies: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, for requests and for the socket.
import type { Agent } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { keepAlive } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

const agents = new Map<string, Agent>();

/**
 * The agent that tunnels (CONNECT) to a URL, or undefined if no proxy applies; each `use` has its own connections. Throws
 * LD_CONFIG if the proxy is not a valid URL. The proxy's user and password are never shown.
 */
export function proxyAgent(url: URL, use: 'all' | 'bulk' = 'all'): Agent | undefined {
  const proxy = getProxyForUrl(url.href.replace(/^ws/, 'http'));
  if (proxy === '') return undefined;
  const key = `${use} ${proxy}`;
  const known = agents.get(key);
  if (known) return known;
  if (!URL.canParse(proxy)) {
    throw new LiveDebugError('LD_CONFIG', `the proxy set for ${url.host} is not a valid URL`, {
      remedy: 'set HTTPS_PROXY as in http://proxy.example.com:3128, or name the host in NO_PROXY',
    });
  }
  const agent = new HttpsProxyAgent(proxy, keepAlive);
  agents.set(key, agent);
  return agent;
}
