// Checks how this machine reaches AWS: proxies and certificate authorities.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { getProxyForUrl } from 'proxy-from-env';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { type Check, fail, pass, warn } from './check.ts';

/** Which proxy is used for AWS; its credentials are not shown. */
export function proxyCheck(region: string | undefined): Check {
  return {
    name: 'proxy',
    group: 'This machine',
    lateRemedy: 'set HTTPS_PROXY and NO_PROXY',
    run: (report) => {
      const proxy = getProxyForUrl(`https://dynamodb.${region ?? 'eu-west-1'}.amazonaws.com`);
      if (proxy === '') return report(pass('proxy', 'AWS is reached directly'));
      const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
      if (url === undefined || !/^https?:$/.test(url.protocol)) {
        const remedy = 'set HTTPS_PROXY to a URL, e.g. http://proxy.example.com:3128';
        return report(fail('proxy', 'HTTPS_PROXY names no proxy that can be used', remedy));
      }
      report(pass('proxy', `AWS is reached through ${url.protocol}//${url.host}`));
    },
  };
}

const mostBytes = 10 * 1024 * 1024;

/** The files that NODE_EXTRA_CA_CERTS and AWS_CA_BUNDLE name. */
export const authoritiesCheck: Check = {
  name: 'ca',
  group: 'This machine',
  lateRemedy: 'set NODE_EXTRA_CA_CERTS to a file on a local disk',
  run: (report) => {
    const named = ['NODE_EXTRA_CA_CERTS', 'AWS_CA_BUNDLE'].filter((name) => process.env[name]);
    if (named.length === 0)
      return report(pass('ca', 'certificates of the system and of Node.js are trusted'));
    if (!named.includes('NODE_EXTRA_CA_CERTS')) {
      const message = 'AWS_CA_BUNDLE is for functions: livectl trusts what NODE_EXTRA_CA_CERTS names';
      report(warn('ca', message, 'set NODE_EXTRA_CA_CERTS to the same file'));
    }
    for (const name of named) {
      const file = process.env[name] ?? '';
      try {
        const text = readFileSync(file);
        if (text.length > mostBytes) throw new Error('it is over 10 MB');
        const count = text.toString('latin1').split('-----BEGIN CERTIFICATE-----').length - 1;
        if (count === 0) throw new Error('it has no certificate in PEM form');
        const first = new X509Certificate(text);
        if (Date.parse(first.validTo) < Date.now())
          report(
            warn(
              'ca',
              `the first certificate of ${name} expired on ${first.validTo}`,
              'get a new one from the proxy’s administrators',
            ),
          );
        else report(pass('ca', `${name} has ${count === 1 ? 'a certificate' : `${count} certificates`}`));
      } catch (error) {
        report(
          fail('ca', `${name}: ${file} cannot be used: ${messageOf(error)}`, `correct ${name}, or unset it`),
        );
      }
    }
  },
};
