// Where the repository is published, as far as package.json says so.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The page of the repository that package.json names, without a slash at its end, or undefined. @param {string} root
 */
export function repositoryPage(root) {
  const named = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository;
  const text = typeof named === 'string' ? named : named?.url;
  if (text === undefined) return undefined;
  const page = text
    .replace(/^git\+/, '')
    .replace(/^(github:)?([\w.-]+\/[\w.-]+)$/, 'https://github.com/$2')
    .replace(/^(ssh:\/\/)?git@([^:/]+)[:/]/, 'https://$2/')
    .replace(/^git:/, 'https:')
    .replace(/(\.git)?\/?$/, '');
  if (!/^https:\/\/[^/]+\/[^/]+\/.+$/.test(page))
    throw new Error(`package.json: repository ${text} must be the URL of a git repository`);
  return page;
}
