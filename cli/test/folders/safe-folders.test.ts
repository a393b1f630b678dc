// Private folders and the removal of what is in them: no other user of the machine can have anything else removed.
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { currentUser, type FolderUser } from '../../src/folders/folder-user.ts';
import { isPrivateFolder, makePrivateFolder } from '../../src/folders/private-folder.ts';
import { removeFolder } from '../../src/folders/remove-folder.ts';
import { unsafePart } from '../../src/folders/safe-path.ts';

const isRoot = process.getuid?.() === 0;
const own = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
const user: FolderUser = {
  uid: own,
  isTrusted: (uid) => uid === own || uid === 0,
  isPrivateGroup: () => false,
};
/** A user for whom everything created here is another user's. */
const other: FolderUser = { uid: 12_345, isTrusted: (uid) => uid === 12_345, isPrivateGroup: () => false };

let base: string;
let victim: string;

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'livectl-folders-')));
  victim = join(base, 'home');
  mkdirSync(join(victim, 'work'), { recursive: true });
  writeFileSync(join(victim, 'work', 'thesis'), 'years');
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

const isWhole = () => readFileSync(join(victim, 'work', 'thesis'), 'utf8') === 'years';

/** As another user would create it, if this one may. */
function linkOfAnother(target: string, path: string): void {
  symlinkSync(target, path);
  if (isRoot) lchownSync(path, 12_345, 12_345);
}

describe('removeFolder', () => {
  test('leaves a link and its target, also in a sticky folder', () => {
    const shared = join(base, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    linkOfAnother(victim, join(shared, 'run'));
    expect(removeFolder(join(shared, 'run'), user)).toBe(false);
    expect(isWhole()).toBe(true);
    expect(existsSync(join(shared, 'run'))).toBe(true);
  });

  test('removes links in the folder, whoever owns them, and nothing behind them', () => {
    const run = join(base, 'run');
    mkdirSync(join(run, 'deep', 'deeper'), { recursive: true });
    chmodSync(join(run, 'deep'), 0o1777);
    linkOfAnother(victim, join(run, 'deep', 'link'));
    linkOfAnother(join(victim, 'work', 'thesis'), join(run, 'deep', 'deeper', 'file'));
    linkOfAnother('/', join(run, 'root'));
    writeFileSync(join(run, 'deep', 'read-only'), '', { mode: 0 });
    chmodSync(join(run, 'deep', 'deeper'), 0);
    expect(removeFolder(run, user)).toBe(true);
    expect(existsSync(run)).toBe(false);
    expect(isWhole()).toBe(true);
  });

  test('neither enters nor removes another user’s folder, at the top or below', () => {
    expect(removeFolder(victim, other)).toBe(false);
    expect(isWhole()).toBe(true);
  });

  test('closes a folder to others and removes what is around another user’s', () => {
    const run = join(base, 'run');
    const theirs = join(run, 'theirs');
    mkdirSync(theirs, { recursive: true });
    chmodSync(run, 0o777);
    writeFileSync(join(theirs, 'file'), '');
    writeFileSync(join(run, 'mine'), '');
    // Only root can give a folder away.
    if (isRoot) lchownSync(theirs, 12_345, 12_345);
    expect(removeFolder(run, user)).toBe(!isRoot);
    if (!isRoot) return;
    expect(statSync(run).mode & 0o777).toBe(0o700);
    expect(readdirSync(run)).toEqual(['theirs']);
    expect(readdirSync(theirs)).toEqual(['file']);
  });

  test('does nothing if there is nothing, and leaves a file', () => {
    expect(removeFolder(join(base, 'none'), user)).toBe(true);
    writeFileSync(join(base, 'file'), '');
    expect(removeFolder(join(base, 'file'), user)).toBe(false);
    expect(existsSync(join(base, 'file'))).toBe(true);
  });
});

describe('a path is safe', () => {
  test('where nobody else may rename a part of it', () => {
    const folder = join(base, 'a', 'b');
    mkdirSync(folder, { recursive: true });
    expect(unsafePart(folder, user)).toBeUndefined();
    chmodSync(join(base, 'a'), 0o777);
    expect(unsafePart(folder, user)).toBe(`other users may write to ${join(base, 'a')}`);
    chmodSync(join(base, 'a'), 0o1777);
    expect(unsafePart(folder, user)).toBeUndefined();
    chmodSync(join(base, 'a'), 0o775);
    expect(unsafePart(folder, user)).toBe(`other users may write to ${join(base, 'a')}`);
    expect(unsafePart(folder, { ...user, isPrivateGroup: (group) => group === gid })).toBeUndefined();
    expect(unsafePart(folder, other)).toContain("is another user's");
  });

  test('through links, each of whose targets is safe', () => {
    mkdirSync(join(base, 'a', 'b'), { recursive: true });
    symlinkSync('../a/b', join(base, 'home', 'link'));
    expect(unsafePart(join(base, 'home', 'link'), user)).toBeUndefined();
    chmodSync(join(base, 'a'), 0o777);
    expect(unsafePart(join(base, 'home', 'link'), user)).toBe(`other users may write to ${join(base, 'a')}`);
    symlinkSync('loop', join(base, 'loop'));
    expect(unsafePart(join(base, 'loop'), user)).toContain('is a link to itself');
  });

  test('as far as it exists', () => {
    expect(unsafePart(join(base, 'none', 'at', 'all'), user)).toBeUndefined();
    writeFileSync(join(base, 'file'), '');
    expect(unsafePart(join(base, 'file', 'x'), user)).toBe(`${join(base, 'file')} is not a folder`);
  });
});

describe('a private folder', () => {
  test('is created, and made private if it was open', () => {
    const folder = join(base, 'a', 'b');
    makePrivateFolder(folder, user);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o777);
    expect(isPrivateFolder(folder, user)).toBe(false);
    makePrivateFolder(folder, user);
    expect(isPrivateFolder(folder, user)).toBe(true);
    symlinkSync(folder, join(base, 'link'));
    expect(isPrivateFolder(join(base, 'link'), user)).toBe(false);
  });

  test('is not created if another user may change its place', () => {
    const open = join(base, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(() => makePrivateFolder(join(open, 'x'), user)).toThrow(`other users may write to ${open}`);
    expect(readdirSync(open)).toEqual([]);
    expect(() => makePrivateFolder(victim, other)).toThrow("is another user's");
  });

  test('is private for any user of these tests', () => {
    expect(() => makePrivateFolder(join(base, 'mine'))).not.toThrow();
    expect(currentUser()?.isTrusted(0)).toBe(true);
  });
});
