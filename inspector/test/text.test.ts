import { describe, expect, it } from 'vitest';
import { TextSearch } from '../src/text/find-text.ts';
import { byteSize, duration } from '../src/text/quantities.ts';
import { hexLines, TextLines } from '../src/text/text-lines.ts';
import { textParts, visibleText } from '../src/text/visible.ts';

describe('visible text', () => {
  it('has a sign for each character that a browser obeys', () => {
    expect(visibleText('\u001b[31mred\u0000\r\u202eabc\u2066\u200b\u{e0041}\ud800x\u0085')).toBe(
      '<ESC>[31mred<NUL><CR><U+202E>abc<U+2066><U+200B><U+E0041><U+D800>x<U+0085>',
    );
  });

  it('keeps letters of all scripts, emoji and line feeds', () => {
    const text = 'Größe שלום 👩‍👩‍👧 🏳️‍🌈\n日本 <b>';
    expect(textParts(text)).toEqual([{ kind: 'plain', text }]);
  });

  it('names the sign', () => {
    expect(textParts('a\u202e')[1]).toEqual({
      kind: 'sign',
      text: '<U+202E>',
      name: 'U+202E right-to-left override',
    });
  });
});

describe('lines of a text', () => {
  const linesOf = (text: string, columns: number) => {
    const lines = new TextLines(text, columns);
    return Array.from({ length: lines.length }, (_, index) => lines.line(index));
  };

  it('are bounded', () => {
    expect(linesOf('abcdefgh\n\nxy\n', 3)).toEqual(['abc', 'def', 'gh', '', 'xy', '']);
    expect(linesOf('abc', 3)).toEqual(['abc']);
    expect(linesOf('', 3)).toEqual(['']);
    expect(linesOf('abcdef\nx', 3)).toEqual(['abc', 'def', 'x']);
  });

  it('do not break a surrogate pair', () => {
    expect(linesOf('ab😀cd', 3)).toEqual(['ab😀', 'cd']);
    expect(linesOf('ab😀', 3)).toEqual(['ab😀']);
  });

  it('are found by an offset', () => {
    const lines = new TextLines('abcdefgh\n\nxy', 3);
    expect([0, 2, 3, 7, 9, 10, 11].map((offset) => lines.lineAt(offset))).toEqual([0, 0, 1, 2, 3, 4, 4]);
    expect([0, 1, 2, 3, 4].map((index) => lines.isContinued(index))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  it('show bytes', () => {
    expect(hexLines(new Uint8Array([0, 65, 255]))).toBe(
      '00000000  00 41 ff                                         .A.',
    );
  });
});

describe('a search', () => {
  it('finds a text whatever its case', () => {
    const search = new TextSearch('Order orders ORDER');
    expect(search.find('order')).toEqual([0, 6, 13]);
    expect(search.find('ORDERS')).toEqual([6]);
    expect(search.find('')).toEqual([]);
  });

  it('has true offsets beside letters that grow', () => {
    expect(new TextSearch('İİ order').find('order')).toEqual([3]);
  });
});

describe('quantities', () => {
  it('are short', () => {
    expect([0.04, 0.44, 12.4, 999, 1234, 12_345, 125_000].map(duration)).toEqual([
      '0 ms',
      '0.4 ms',
      '12 ms',
      '999 ms',
      '1.23 s',
      '12.3 s',
      '2 m 05 s',
    ]);
    expect([0, 999, 1234, 45_678, 5_912_345].map(byteSize)).toEqual([
      '0 B',
      '999 B',
      '1.2 KB',
      '46 KB',
      '5.9 MB',
    ]);
  });
});
