// `make module-release`: the Terraform module as a repository of its own, since the registry takes none from a subfolder.
//   make module-release OUT=../terraform-aws-live-debug VERSION=0.2.0
// Writes a commit and the annotated tag v0.2.0 into OUT, from the commit that is checked out here, and pushes nothing.
// The same source commit always gives the same tree.
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { git, gitBytes, succeeds } from './git.mjs';
import { moduleFolder, repository, rewritten } from './module-release-texts.mjs';

/** @typedef {import('./module-release-texts.mjs').Entry} Entry */

/** Files at the release's root, under their own names. The examples' livectl.json name the schema. */
const rootFiles = ['LICENSE', 'CHANGELOG.md', 'livectl.schema.json'];

/** Semantic Versioning without build metadata, which the registry does not take. */
const versionForm =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?$/;

try {
  release(outFolder(process.env.OUT), validVersion(process.env.VERSION));
} catch (error) {
  console.error(`module-release: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

/**
 * @param {string} out an absolute path
 * @param {string} version without v
 */
function release(out, version) {
  const tag = `v${version}`;
  refuseChanges(repository, 'commit or stash them first: a release is made of a commit');
  const isRepository = existsSync(join(out, '.git'));
  if (isRepository) refuseClone(out, tag);
  else if (existsSync(out) && readdirSync(out).length > 0)
    throw new Error(
      `OUT ${out} has files and is not a git repository: pass a clone of terraform-aws-live-debug, or a new folder`,
    );

  // Reports everything that is wrong with the sources before anything is written.
  const entries = layout();
  const commit = git(repository, ['rev-parse', 'HEAD']).trim();
  const texts = rewritten(entries, version, commit);

  if (!isRepository) {
    mkdirSync(out, { recursive: true });
    git(out, ['init', '--quiet', '--initial-branch=main']);
  }
  const tree = writeTree(out, entries, texts);
  const name = writeCommit(out, { tree, tag, commit });
  console.log(`${out}: ${tag} is commit ${name}, tree ${tree}`);
  console.log(`push both: git -C ${out} push --atomic origin HEAD ${tag}`);
}

/** @param {string | undefined} text */
function outFolder(text) {
  if (!text)
    throw new Error('OUT is missing: make module-release OUT=../terraform-aws-live-debug VERSION=0.2.0');
  // zsh does not expand the tilde in OUT=~/...
  return resolve(text.startsWith('~/') ? join(homedir(), text.slice(2)) : text);
}

/** @param {string | undefined} text */
function validVersion(text) {
  if (!text) throw new Error('VERSION is missing: make module-release OUT=... VERSION=0.2.0');
  if (versionForm.test(text)) return text;
  throw new Error(
    `VERSION ${text} is not valid: it must be a version such as 0.2.0 or 0.2.0-rc.1, without v`,
  );
}

/**
 * @param {string} folder a git repository
 * @param {string} remedy
 */
function refuseChanges(folder, remedy) {
  const changes = git(folder, ['status', '--porcelain', '--untracked-files=all']).split('\n').filter(Boolean);
  if (changes.length === 0) return;
  const more = changes.length > 5 ? `\n  and ${changes.length - 5} more` : '';
  throw new Error(
    `${folder} has uncommitted changes; ${remedy}\n  ${changes.slice(0, 5).join('\n  ')}${more}`,
  );
}

/** @param {string} out @param {string} tag */
function refuseClone(out, tag) {
  if (commonFolder(out) === commonFolder(repository))
    throw new Error(`OUT ${out} is this repository, whose files would be replaced: pass another folder`);
  refuseChanges(out, 'its content would be replaced: commit or remove them first');
  if (succeeds(out, ['rev-parse', '--verify', '--quiet', `refs/tags/${tag}`]))
    throw new Error(
      `OUT ${out} has the tag ${tag}: the registry keeps a version as it is, pass another VERSION`,
    );
  if (!succeeds(out, ['symbolic-ref', '--quiet', 'HEAD']))
    throw new Error(`OUT ${out} has no branch checked out: git -C ${out} switch main`);
}

/** The git folder that all worktrees of a repository share. @param {string} folder */
function commonFolder(folder) {
  return realpathSync(resolve(folder, git(folder, ['rev-parse', '--git-common-dir']).trim()));
}

/** The release's files by their paths here. @returns {Map<string, Entry>} */
function layout() {
  const lines = git(repository, ['ls-tree', '-r', '-z', '--full-tree', 'HEAD']).split('\0').filter(Boolean);
  const all = lines.map((line) => {
    const [, mode = '', object = '', path = ''] = /^(\d+) \w+ (\w+)\t([\s\S]+)$/.exec(line) ?? [];
    return { mode, object, path };
  });
  // An example in the registry must be a root module, which those that only run locally are not.
  const examples = new Set(all.flatMap(({ path }) => /^(examples\/[^/]+\/)main\.tf$/.exec(path)?.[1] ?? []));
  /** @type {Map<string, Entry>} */
  const entries = new Map();
  for (const { mode, object, path } of all) {
    const example = /^examples\/[^/]+\//.exec(path)?.[0];
    const isOfModule = path.startsWith(moduleFolder);
    if (!isOfModule && !rootFiles.includes(path) && !(example && examples.has(example))) continue;
    entries.set(path, { mode, object, target: isOfModule ? path.slice(moduleFolder.length) : path });
  }
  const needed = ['README.md', 'dist/stub.zip', 'dist/beside.zip', 'dist/tunnel.zip', 'dist/wrapper.zip'].map(
    (path) => `${moduleFolder}${path}`,
  );
  for (const path of [...rootFiles, ...needed]) {
    if (!entries.has(path)) throw new Error(`${path} is not in the commit`);
  }
  return entries;
}

/**
 * Writes the tree with git's plumbing, so that no attribute, ignore file, umask or line ending of this machine changes it.
 * @param {string} out
 * @param {Map<string, Entry>} entries
 * @param {Map<string, string>} texts
 * @returns {string} the tree's name
 */
function writeTree(out, entries, texts) {
  const modes = new Map([...entries.values()].map(({ target, mode }) => [target, mode]));
  const lines = [...texts].map(
    ([target, text]) => `${modes.get(target) ?? '100644'} ${writeBlob(out, Buffer.from(text))}\t${target}`,
  );
  const asTheyAre = [...entries.values()].filter(({ target }) => !texts.has(target));
  lines.push(...asTheyAre.map(({ mode, object, target }) => `${mode} ${object}\t${target}`));
  const objects = asTheyAre.map(({ object }) => object).join('\n');
  const pack = gitBytes(repository, ['pack-objects', '--quiet', '--stdout'], { input: `${objects}\n` });
  git(out, ['unpack-objects', '-q'], { input: pack });
  const index = join(git(out, ['rev-parse', '--absolute-git-dir']).trim(), 'module-release-index');
  const env = { GIT_INDEX_FILE: index };
  try {
    git(out, ['read-tree', '--empty'], { env });
    git(out, ['update-index', '-z', '--index-info'], { env, input: `${lines.join('\0')}\0` });
    return git(out, ['write-tree'], { env }).trim();
  } finally {
    rmSync(index, { force: true });
  }
}

/** @param {string} out @param {Buffer} bytes */
function writeBlob(out, bytes) {
  return git(out, ['hash-object', '-w', '--no-filters', '--stdin'], { input: bytes }).trim();
}

/**
 * Creates the tag before the branch: if that fails, e.g. because it can't be signed, nothing has changed.
 * @param {string} out
 * @param {{ tree: string, tag: string, commit: string }} made
 * @returns {string} the commit's name
 */
function writeCommit(out, { tree, tag, commit }) {
  const [author = '', email = '', date = ''] = git(repository, ['log', '-1', '--format=%an%n%ae%n%aI']).split(
    '\n',
  );
  const env = {
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  const parent = succeeds(out, ['rev-parse', '--verify', '--quiet', 'HEAD'])
    ? git(out, ['rev-parse', 'HEAD']).trim()
    : undefined;
  const message = `${tag}\n\nFrom commit ${commit} of livectl's repository.\n`;
  const name = git(out, ['commit-tree', tree, ...(parent ? ['-p', parent] : [])], {
    env,
    input: message,
  }).trim();
  git(out, ['tag', '--annotate', '--file=-', tag, name], { env, input: message });
  git(out, ['update-ref', '-m', `module-release: ${tag}`, 'HEAD', name, parent ?? '']);
  git(out, ['reset', '--quiet', '--hard']);
  return name;
}
