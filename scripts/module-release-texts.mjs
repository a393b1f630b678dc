// Part of `make module-release`: the texts that differ in the module's own repository: links, and the module's address.
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { git, succeeds } from './git.mjs';
import { repositoryPage } from './repository-page.mjs';

/** @typedef {{ mode: string, object: string, target: string }} Entry a file: git's mode and object, its path in the release */

export const repository = dirname(dirname(fileURLToPath(import.meta.url)));
export const moduleFolder = 'terraform/modules/live-debug/';

/** Files that Terraform creates in a folder in which it runs. */
const ignored = ['.terraform/', '.terraform.lock.hcl', '*.tfstate', '*.tfstate.*', ''].join('\n');

/** The line of the module's README with the module's address. */
const gitSource =
  /^ *source = "git::https:\/\/<this repository>\.git\/\/terraform\/modules\/live-debug\?ref=.*"$/m;

/**
 * The texts that differ from their sources, by path in the release. Throws where a link leads to no file of the commit; a link
 * that can't be kept is reported on stderr.
 * @param {Map<string, Entry>} entries
 * @param {string} version
 * @param {string} commit its full name, for links
 */
export function rewritten(entries, version, commit) {
  const page = repositoryPage(repository);
  /** @type {Map<string, string>} */
  const texts = new Map([['.gitignore', ignored]]);
  /** @type {string[]} */
  const unlinked = [];
  /** @type {string[]} */
  const broken = [];

  /** @param {string} path @param {Entry} entry @param {string} link */
  const newLink = (path, entry, link) => {
    const [relative = '', anchor] = link.split('#', 2);
    const suffix = anchor === undefined ? '' : `#${anchor}`;
    const wanted = posix.normalize(posix.join(posix.dirname(path), relative)).replace(/\/$/, '');
    const there = entries.get(wanted)?.target ?? folderTarget(entries, wanted);
    if (there !== undefined) return `${posix.relative(posix.dirname(entry.target), there) || '.'}${suffix}`;
    if (!succeeds(repository, ['cat-file', '-e', `HEAD:${wanted}`])) {
      broken.push(`${path}: ${link}`);
      return undefined;
    }
    if (page !== undefined) return `${page}/blob/${commit}/${wanted}${suffix}`;
    unlinked.push(`${entry.target}: ${wanted}${suffix}`);
    return undefined;
  };

  for (const [path, entry] of entries) {
    const read = () => git(repository, ['cat-file', 'blob', entry.object]);
    if (path.endsWith('.md')) {
      let text = withLinks(read(), (link) => newLink(path, entry, link));
      if (entry.target === 'README.md') text = withRegistrySource(text, version, page);
      texts.set(entry.target, text);
    } else if (path.startsWith('examples/') && path.endsWith('.tf')) {
      texts.set(entry.target, withOwnModules(read(), path, entry));
    }
  }

  if (broken.length > 0)
    throw new Error(`links to files that are not in the commit:\n  ${broken.join('\n  ')}`);
  if (unlinked.length > 0) {
    console.error(
      'module-release: package.json names no repository, so links to files outside the module are now plain text:',
    );
    for (const link of unlinked) console.error(`  ${link}`);
  }
  const changes = git(repository, ['cat-file', 'blob', 'HEAD:CHANGELOG.md']);
  if (
    !changes
      .split('\n')
      .some((line) => line.startsWith(`## ${version}`) || line.startsWith(`## [${version}]`))
  )
    console.error(`module-release: CHANGELOG.md has no section ${version}`);
  return texts;
}

/** @param {Map<string, Entry>} entries @param {string} folder from the root here */
function folderTarget(entries, folder) {
  if (`${folder}/` === moduleFolder) return '.';
  const inside = [...entries].find(([path]) => path.startsWith(`${folder}/`));
  return inside?.[1].target.slice(0, -(inside[0].length - folder.length));
}

/**
 * Links to elsewhere and to the page itself stay. `change` returns the new target, or undefined to keep only the link's text.
 * @param {string} text Markdown
 * @param {(link: string) => string | undefined} change
 */
function withLinks(text, change) {
  // Every other part is a block of code.
  return text
    .split(/^(```[\s\S]*?^```)/m)
    .map((part) =>
      part.startsWith('```')
        ? part
        : part.replace(/\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, words, link) => {
            if (/^(#|\/\/|[a-z][a-z+.-]*:)/i.test(link)) return whole;
            const target = change(link);
            return target === undefined ? words : `[${words}](${target})`;
          }),
    )
    .join('');
}

/** @param {string} text @param {string} version @param {string | undefined} page */
function withRegistrySource(text, version, page) {
  if (!gitSource.test(text)) throw new Error(`${moduleFolder}README.md has no line for ${gitSource}`);
  const namespace = page?.split('/')[3] ?? '<namespace>';
  return text.replace(gitSource, () => `  source  = "${namespace}/live-debug/aws"\n  version = "${version}"`);
}

/** The module's place in the sources of an example's modules. @param {string} text @param {string} path @param {Entry} entry */
function withOwnModules(text, path, entry) {
  return text.replace(/^( *source *= *)"(\.\.?\/[^"]*)"$/gm, (whole, head, source) => {
    const wanted = `${posix.normalize(posix.join(posix.dirname(path), source)).replace(/\/$/, '')}/`;
    if (!wanted.startsWith(moduleFolder)) return whole;
    return `${head}"${posix.relative(posix.dirname(entry.target), wanted.slice(moduleFolder.length) || '.')}"`;
  });
}
