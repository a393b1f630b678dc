// What unpacking a layer writes, and what it refuses: the zip file may come from anybody.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layerBounds, unzipLayer } from '../../src/layers/unzip-layer.ts';
import { elf, layerZip, type ZipEntry } from './layer-zip.ts';

let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'layer-'));
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

async function unzip(zip: Uint8Array, bounds = layerBounds) {
  const folder = mkdtempSync(join(place, 'opt-'));
  writeFileSync(join(place, 'layer.zip'), zip);
  const content = await unzipLayer(join(place, 'layer.zip'), folder, bounds);
  return { content, folder, names: namesIn(folder).sort() };
}

/** Without following links, which a recursive readdir of Node 20 does. */
function namesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const name = join(below, entry.name);
    return entry.isDirectory() ? [name, ...namesIn(folder, name)] : [name];
  });
}

describe('a layer', () => {
  it('is unpacked with its folders, its programs and links inside', async () => {
    const { content, folder, names } = await unzip(
      layerZip({
        'nodejs/': ['', 0o040755],
        'nodejs/node_modules/a/index.js': 'module.exports = 1;',
        './python//b.py': 'b = 2',
        'bin/tool': ['#!/bin/sh\n', 0o104777],
        'lib/libc.so.1': [elf(0x3e), 0o100755],
        'lib/libc.so': ['libc.so.1', 0o120777],
        'lib/current': ['/opt/lib/libc.so', 0o120777],
        'extensions/agent': [elf(0xb7), 0o100755],
        'no-mode.txt': ['x', 0],
      }),
    );
    expect(names).toEqual([
      ...['bin', 'bin/tool', 'extensions', 'extensions/agent', 'lib', 'lib/current', 'lib/libc.so'],
      ...['lib/libc.so.1', 'no-mode.txt', 'nodejs', 'nodejs/node_modules', 'nodejs/node_modules/a'],
      ...['nodejs/node_modules/a/index.js', 'python', 'python/b.py'],
    ]);
    const modeOf = (name: string) => statSync(join(folder, name)).mode & 0o7777;
    // No setuid, and nothing for others.
    expect([modeOf('bin/tool'), modeOf('python/b.py'), modeOf('nodejs')]).toEqual([0o500, 0o400, 0o700]);
    expect(readlinkSync(join(folder, 'lib/current'))).toBe('libc.so');
    expect(readFileSync(join(folder, 'lib/current'))).toEqual(elf(0x3e));
    expect(content).toEqual({
      bytes: expect.any(Number),
      machines: ['x64'],
      extensions: ['agent'],
      leftOut: [],
    });
  });

  it('keeps no link that leads out of it or nowhere', async () => {
    const link = (target: string): ZipEntry => [target, 0o120777];
    const links = {
      absolute: link('/etc/passwd'),
      upwards: link('../../etc/passwd'),
      'deep/upwards': link('../..'),
      nowhere: link('missing'),
      itself: link('itself'),
      opt: link('/opt/../etc'),
      // Each is inside by its own words; together they lead out.
      'deep/top': link('..'),
      through: link('deep/top/..'),
      behind: link('through/etc'),
      control: link('a\u001b[2J'),
      empty: link(''),
    };
    const { content, folder } = await unzip(layerZip({ 'deep/file': 'x', ...links }));
    expect(readdirSync(folder).sort()).toEqual(['deep']);
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['file', 'top']);
    expect([...content.leftOut].sort()).toEqual(
      Object.keys(links)
        .filter((name) => name !== 'deep/top')
        .sort(),
    );
  });
});

describe('refused, with nothing outside of the folder', () => {
  const patched = (zip: Buffer, change: (central: Buffer) => void) => {
    change(zip.subarray(zip.indexOf('PK\x01\x02', 0, 'latin1')));
    return zip;
  };
  const cases: Readonly<Record<string, readonly [zip: () => Uint8Array, reason: RegExp]>> = {
    'a path upwards': [() => layerZip({ '../out': 'x' }), /invalid relative path/],
    'a path upwards in the middle': [() => layerZip({ 'a/../../out': 'x' }), /invalid relative path/],
    'an absolute path': [() => layerZip({ '/tmp/out': 'x' }), /absolute path/],
    'a drive': [() => layerZip({ 'C:/out': 'x' }), /absolute path/],
    backslashes: [() => layerZip({ '..\\out': 'x' }), /invalid characters/],
    'control characters': [() => layerZip({ 'a\u001b[2Jb': 'x' }), /\[2Jb" has control characters/],
    'a NUL': [() => layerZip({ 'a\0b': 'x' }), /control characters/],
    'a text that turns around': [() => layerZip({ 'a\u202eb': 'x' }), /"a\\u202eb" has control characters/],
    'a path that is too long': [() => layerZip({ [`${'a/'.repeat(600)}x`]: 'x' }), /over 1,024 characters/],
    'one file twice': [() => layerZip({ 'a/x': '1', 'a//x': '2' }), /"a\/x" is in it twice/],
    'a file as a folder': [() => layerZip({ a: '1', 'a/x': '2' }), /"a\/x" is in it twice/],
    'a link twice': [
      () => layerZip({ x: 'x', a: ['x', 0o120777], './a': ['x', 0o120777] }),
      /"a" is in it twice/,
    ],
    'a link over a file': [() => layerZip({ x: 'x', a: 'x', './a': ['x', 0o120777] }), /"a" is in it twice/],
    'a file through a link': [() => layerZip({ a: ['/tmp', 0o120777], 'a/out': 'x' }), /"a" is in it twice/],
    'a device': [() => layerZip({ a: ['', 0o060600] }), /"a" is neither a file nor a folder/],
    'a character device': [() => layerZip({ a: ['', 0o020600] }), /neither a file/],
    'a pipe': [() => layerZip({ a: ['', 0o010600] }), /neither a file/],
    'a socket': [() => layerZip({ a: ['', 0o140600] }), /neither a file/],
    'a link as a folder': [() => layerZip({ 'a/': ['x', 0o120777] }), /neither a file/],
    'a link that is too long': [
      () => layerZip({ a: ['x'.repeat(2000), 0o120777] }),
      /a link that is too long/,
    ],
    'an encrypted file': [
      () => patched(layerZip({ a: 'x' }), (central) => central.writeUInt16LE(1, 8)),
      /encrypted/,
    ],
    'more than its stated size': [
      () => patched(layerZip({ a: 'x'.repeat(1000) }), (central) => central.writeUInt32LE(10, 24)),
      /too many bytes/,
    ],
    'less than its stated size': [
      () => patched(layerZip({ a: 'x'.repeat(1000) }), (central) => central.writeUInt32LE(5000, 24)),
      /not enough bytes/,
    ],
    'another kind of file': [() => Buffer.from('not a zip file'), /zip file/],
    'an empty file': [() => Buffer.alloc(0), /zip file/],
    'half a file': [() => layerZip({ a: 'x'.repeat(1000) }).subarray(0, 60), /zip file/],
    'a bomb': [
      () => patched(layerZip({ a: 'x' }), (central) => central.writeUInt32LE(layerBounds.bytes + 1, 24)),
      /more than 262144000 bytes/,
    ],
    'a bomb of many files': [
      () => layerZip(Object.fromEntries([...'abcdefghij'].map((name) => [name, new Uint8Array(3_000)]))),
      /more than 20000 bytes/,
    ],
    'too many files': [
      () => layerZip(Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`${index}`, '']))),
      /more than 20 files/,
    ],
  };
  const small = { bytes: 20_000, entries: 20 };
  for (const [name, [zip, reason]] of Object.entries(cases)) {
    it(name, async () => {
      const bounds = name.includes('many') ? small : layerBounds;
      await expect(unzip(zip(), bounds)).rejects.toThrow(reason);
      expect(readdirSync(place).filter((each) => !each.startsWith('opt-'))).toEqual(['layer.zip']);
      expect(existsSync('/tmp/out')).toBe(false);
    });
  }
});
