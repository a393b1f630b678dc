// Checks how this machine reaches AWS: proxies, certificate authorities, and a connection to each host.
import process from 'node:process';
import { getProxyForUrl } from 'proxy-from-env';
import { systemClock } from '../../../protocol/clock.ts';
import {
  type AuthorityVariable,
  bundleProblems,
  readBundle,
  readers,
  setVariables,
  whyUnreadable,
} from './authority-bundles.ts';
import { type Check, type Finding, fail, NotChecked, pass, some, warn } from './check.ts';
import { isProxyUrl, proxyVariable } from './reach-aws.ts';
import type { StageParts } from './stage-parts.ts';

/** Which proxy is set for AWS; its credentials are not shown. */
export function proxyCheck(region: string | undefined): Check {
  return {
    name: 'proxy',
    group: 'This machine',
    lateRemedy: 'set HTTPS_PROXY and NO_PROXY',
    run: (report) => {
      const url = `https://dynamodb.${region ?? (process.env.AWS_REGION || 'eu-west-1')}.amazonaws.com`;
      const proxy = getProxyForUrl(url);
      const variable = proxyVariable();
      const ranges = addressRanges();
      if (variable !== undefined && ranges.length > 0)
        report(
          warn(
            'proxy',
            `NO_PROXY has address ranges, which livectl does not apply: ${some(ranges)}`,
            'name hosts and domains in NO_PROXY, e.g. .example.com',
          ),
        );
      if (proxy === '') {
        const why = variable === undefined ? '' : `: NO_PROXY excludes it from ${variable}`;
        return report(pass('proxy', `AWS is reached directly${why}`));
      }
      if (!isProxyUrl(proxy)) {
        const remedy = 'set HTTPS_PROXY to a URL, e.g. http://proxy.example.com:3128';
        return report(fail('proxy', 'HTTPS_PROXY names no proxy that can be used', remedy));
      }
      const { host, protocol } = new URL(proxy);
      report(pass('proxy', `AWS is reached through ${protocol}//${host}`));
    },
  };
}

function addressRanges(): string[] {
  const text = (process.env.no_proxy || process.env.NO_PROXY || '').slice(0, 10_000);
  return text.split(/[\s,]/).filter((word) => /^[0-9a-f.:]{2,45}\/\d{1,3}$/i.test(word));
}

/** The files that variables of certificate authorities name: each certificate in them. */
export const authoritiesCheck: Check = {
  name: 'ca',
  group: 'This machine',
  lateRemedy: 'set NODE_EXTRA_CA_CERTS to a file on a local disk',
  run: (report) => {
    const variables = setVariables();
    if (variables.length === 0)
      return report(pass('ca', 'the authorities that come with the runtime are trusted'));
    // These two usually name a company's authority; the others often name the system's.
    const [own] = variables.filter((name) => name === 'AWS_CA_BUNDLE' || name === 'DENO_CERT');
    if (own !== undefined && !variables.includes('NODE_EXTRA_CA_CERTS')) {
      const message = `${own} is for ${readers[own]}: livectl reads NODE_EXTRA_CA_CERTS only`;
      report(warn('ca', message, `set NODE_EXTRA_CA_CERTS to the same file`));
    }
    const byFile = new Map<string, AuthorityVariable[]>();
    for (const variable of variables) {
      const file = process.env[variable] ?? '';
      byFile.set(file, [...(byFile.get(file) ?? []), variable]);
    }
    for (const [file, names] of byFile) report(authoritiesOf(file, names));
  },
};

/** A system's own bundle keeps roots that have expired; a company's own file has few, and needs each. */
const fewCertificates = 20;

function authoritiesOf(file: string, variables: readonly AuthorityVariable[]): Finding {
  const at = `${variables.join(', ')}: ${file}`;
  try {
    const bundle = readBundle(file);
    const { expired, unreadable } = bundleProblems(bundle, systemClock.now());
    const count = bundle.certificates.length + unreadable.length;
    const all = count === 1 ? 'one certificate' : `${count} certificates`;
    if (unreadable.length > 0)
      return fail(
        'ca',
        `${at} has ${all}, of which these cannot be read: ${some(unreadable)}`,
        'save them again, in PEM form',
      );
    if (expired.length > 0 && (count <= fewCertificates || expired.length === count))
      return warn('ca', `${at} has ${all}, of which these have expired: ${some(expired)}`, 'replace them');
    return pass('ca', `${at} has ${all}`);
  } catch (error) {
    const which = variables.length === 1 ? variables[0] : 'them';
    return fail('ca', `${at} cannot be used: ${whyUnreadable(error)}`, `correct ${which}, or unset ${which}`);
  }
}

/** A connection to each host. Without a stage nothing fails: `serve --local` does without AWS. */
export function networkCheck({ network }: StageParts, isNeeded: boolean): Check {
  return {
    name: 'network',
    group: 'AWS',
    late: isNeeded ? 'fail' : 'warn',
    lateRemedy: 'check the network and HTTPS_PROXY',
    run: async (report) => {
      const reached = await network().catch(() => {
        throw new NotChecked('see "credentials"', 'set a Region first');
      });
      const byMessage = new Map<string, Finding>();
      for (const { isVital, problem, url } of reached) {
        if (problem === undefined) continue;
        const { message, remedy } = problem;
        const key = message.replaceAll(url.hostname, '');
        const isSaid = byMessage.has(key);
        if (isSaid || problem.check === 'proxy') continue;
        byMessage.set(key, (isNeeded && isVital ? fail : warn)('network', message, remedy));
      }
      if (reached.some(({ problem }) => problem?.check === 'proxy'))
        throw new NotChecked('see "proxy"', 'fix "proxy" first');
      for (const finding of byMessage.values()) report(finding);
      const good = reached.filter(({ problem }) => problem === undefined);
      if (byMessage.size > 0 || good.length === 0) return;
      const slowest = Math.max(...good.map(({ ms }) => ms));
      const hosts = some(good.map(({ url }) => url.host));
      report(pass('network', `connected to ${hosts} (${Math.round(slowest)} ms${through(good)})`));
    },
  };
}

function through(good: readonly { readonly proxy: string | undefined }[]): string {
  const proxies = [...new Set(good.flatMap(({ proxy }) => proxy ?? []))];
  return proxies.length === 0 ? '' : `, through ${proxies.join(', ')}`;
}
