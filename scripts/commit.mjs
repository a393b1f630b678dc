// The commit that a build is made of, for `livectl --version`.
import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

/**
 * The first seven digits of the commit that is checked out, with `+` where files differ from it; undefined without git, or in a
 * folder that is not itself a repository, such as an unpacked archive. @param {string} root
 */
export function commitOf(root) {
  try {
    if (realpathSync(git(root, 'rev-parse', '--show-toplevel')) !== realpathSync(root)) return undefined;
    const commit = git(root, 'rev-parse', '--short=7', 'HEAD').slice(0, 7);
    const isChanged = git(root, 'status', '--porcelain', '--untracked-files=no') !== '';
    return `${commit}${isChanged ? '+' : ''}`;
  } catch {
    return undefined;
  }
}

/** @param {string} root @param {string[]} args */
function git(root, ...args) {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
