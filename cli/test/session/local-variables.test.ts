// What this machine sets for functions: which source wins, what may not be set, and saves of files.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { openLocalVariables } from '../../src/serve/open-local-variables.ts';
import { withLocal } from '../../src/session/variables/local-variables.ts';
import { parseVariable } from '../../src/session/variables/settable.ts';

let folder = '';
let notices: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  notices = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const functions = [{ name: 'orders' }, { name: 'worker' }] as never;

function open(env: readonly string[] = []) {
  const given = env.map(parseVariable).filter((each) => typeof each === 'object');
  const variables = given.filter((each) => 'name' in each);
  const files = given.filter((each) => 'file' in each);
  const manifest = { file: join(folder, 'livectl.json'), root: join(folder, 'elsewhere'), functions };
  return openLocalVariables(manifest, { variables, files }, (message) => notices.push(message));
}

test('--env wins over --env-file, that over .env, and what is for one function is not for others', () => {
  write('.env', '# comment\nexport A=dot\nB="two\nlines"\r\nC=\'$x\'\nD=dot # not a part\n');
  write('test.env', 'A=file\nD=file');
  const file = join(folder, 'test.env');
  const local = open(['A=flag=1', 'orders:E=only', `worker:@${file}`]);
  expect(local.of('orders')).toEqual({ A: 'flag=1', B: 'two\nlines', C: '$x', D: 'dot', E: 'only' });
  expect(local.of('worker')).toEqual({ A: 'flag=1', B: 'two\nlines', C: '$x', D: 'file' });
  expect(local.summary()).toEqual([
    '.env sets A, B, C, D',
    `${file} sets A, D for worker`,
    '--env sets A',
    '--env sets E for orders',
  ]);
  expect(notices).toEqual([]);
});

test('they are over the function’s own, and a saved file counts from the next invocation on', async () => {
  write('.env', 'LEVEL=debug');
  const variables = withLocal({ of: () => ({ LEVEL: 'info', OTHER: '1' }) }, open());
  expect(variables.of('orders', {})).toEqual({ LEVEL: 'debug', OTHER: '1' });
  write('.env', 'LEVEL=trace2');
  expect(await variables.of('orders', {})).toEqual({ LEVEL: 'trace2', OTHER: '1' });
  rmSync(join(folder, '.env'));
  expect(await variables.of('orders', {})).toEqual({ LEVEL: 'info', OTHER: '1' });
});

test('of a stage, whose manifest is no file, .env is that of the root', () => {
  write('.env', 'A=1');
  const manifest = { file: 'the manifest of stage dev', root: folder, functions };
  const local = openLocalVariables(manifest, { variables: [], files: [] }, () => undefined);
  expect(local.of('orders')).toEqual({ A: '1' });
});

test('what becomes unreadable counts as it was, and is reported once', () => {
  write('a.env', 'A=1');
  const local = open([`@${join(folder, 'a.env')}`]);
  write('a.env', 'x'.repeat(256 * 1024 + 1));
  expect([local.of('orders'), local.of('orders')]).toEqual([{ A: '1' }, { A: '1' }]);
  expect(notices).toEqual([`${join(folder, 'a.env')} is over 256 KB; its last content counts`]);
});

test('a .env that is a folder, or too large, sets nothing, which is reported', () => {
  mkdirSync(join(folder, '.env'));
  expect(open().of('orders')).toEqual({});
  expect(notices).toEqual(['.env is not a file, and sets no variables']);
  rmSync(join(folder, '.env'), { recursive: true });
  write('.env', 'x'.repeat(256 * 1024 + 1));
  expect(open().of('orders')).toEqual({});
  expect(notices.at(-1)).toBe('.env is over 256 KB, and sets no variables');
});

test('a .env for other programs as well: what Lambda sets and this machine’s account are left out, by name', () => {
  write('.env', 'AWS_PROFILE=secret-value\nAWS_REGION=eu-west-1\nLIVECTL_X=1\nPYTHONPATH=lib\nOK=1');
  expect(open().of('orders')).toEqual({ OK: '1', PYTHONPATH: 'lib' });
  expect(notices.join('\n')).not.toContain('secret-value');
  expect(notices).toHaveLength(3);
});

describe('lines that are no assignments', () => {
  const key = 'KEY="-----BEGIN\nMII/==\nx=y\n-----END"';
  it.each([
    ['A=1\nsecret-token\nB=2', ['.env:2 is not NAME=value, and is left out']],
    [
      'secret one\nA=1\r\n\r\nsecret:two\n=secret\n1 secret',
      ['.env: lines 1, 4, 5, 6 are not NAME=value, and are left out'],
    ],
    ['KEY="unclosed\nsecret\nA=1', ['.env:2 is not NAME=value, and is left out']],
    [
      `${key}\nKEY="one" # "two"\n${key} more\nsecret`,
      ['.env: lines 7, 9, 10 are not NAME=value, and are left out'],
    ],
    [`# comment\n\n  export A=1\nB: 2\nC =3\nD=\n${key}\nE='a\n\\'b\n' # c\n  # d`, []],
    [
      Array.from({ length: 30 }, () => 'secret').join('\n'),
      [
        '.env: lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 and 10 more are not NAME=value, and are left out',
      ],
    ],
  ])('%j are reported by number, never with what is in them', (text, expected) => {
    write('.env', text);
    open();
    expect(notices).toEqual(expected);
    expect(notices.join()).not.toContain('secret');
  });
});

test('a replay has what this machine sets now', () => {
  write('.env', 'LEVEL=debug\nMORE=1');
  const variables = withLocal({ of: () => ({ LEVEL: 'info', KEY: 'role' }) }, open());
  expect(variables.latest?.('orders')).toBeUndefined();
  variables.of('orders', {});
  write('.env', 'OTHER=22');
  expect(variables.latest?.('orders')).toEqual({ LEVEL: 'info', KEY: 'role', OTHER: '22' });
});

test('a save is reported by name, once, only for what it sets otherwise', () => {
  write('.env', 'A=1\nB=1\nC=1');
  const local = open(['A=flag']);
  const changes: unknown[] = [];
  local.watch((change) => changes.push(change));
  write('.env', 'A=22\nB=1\nD=1');
  local.look();
  local.of('orders');
  write('.env', '# as before\nA=22\nB=1\nD=1');
  local.look();
  expect(changes).toEqual([{ label: '.env', names: ['A', 'C', 'D'] }]);
});

describe('refused', () => {
  it.each([
    ['A', 'must be NAME=VALUE'],
    ['=secret', 'must be NAME=VALUE'],
    ['1A=secret', 'is not a variable name'],
    ['a:b:C=secret', 'is not a variable name'],
    ['AWS_SECRET_ACCESS_KEY=secret', 'is set by Lambda'],
    ['orders:AWS_PROFILE=secret', 'own credentials'],
    ['_HANDLER=secret', 'is set by Lambda'],
  ])('--env %s, without its value', (text, message) => {
    const refused = parseVariable(text);
    expect(refused).toEqual(expect.stringContaining(message));
    expect(refused).not.toContain('secret');
  });

  it('a function that is not served, and a file that is not there', () => {
    expect(() => open(['order:A=1'])).toThrow('no function of that name is served; did you mean "orders"?');
    expect(() => open([`@${join(folder, 'none.env')}`])).toThrow('none.env does not exist');
    expect(() => open([`@${folder}`])).toThrow('is not a file');
  });
});
