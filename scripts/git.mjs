// git for scripts: runs in the given folder, even if this process was started by a hook of another repository.
import { execFileSync } from 'node:child_process';

/** In a hook or an alias, git sets variables that would take precedence over the folders given here. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|OBJECT_DIRECTORY|COMMON_DIR)$/.test(name),
  ),
);

/**
 * Throws with git's words when it fails.
 * @param {string} folder
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string | Buffer }} [options]
 * @returns {string} what it prints
 */
export function git(folder, args, options) {
  return gitBytes(folder, args, options).toString('utf8');
}

/**
 * @param {string} folder
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string | Buffer }} [options]
 */
export function gitBytes(folder, args, { env = {}, input } = {}) {
  try {
    return execFileSync('git', ['-C', folder, ...args], {
      env: { ...environment, ...env },
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const stderr = /** @type {{ stderr?: Buffer }} */ (error).stderr?.toString().trim();
    throw new Error(`git ${args[0]} in ${folder} failed: ${stderr || String(error)}`);
  }
}

/** @param {string} folder @param {string[]} args */
export function succeeds(folder, args) {
  try {
    gitBytes(folder, args);
    return true;
  } catch {
    return false;
  }
}
