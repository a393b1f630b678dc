// Frames and build errors: paths relative to where the person stands, links for the terminal, and no link that is not ours.
import { hostname } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shownFrame } from '../../src/log/file-place.ts';
import { pretty } from '../../src/log/pretty.ts';
import { guarded } from '../../src/log/printable.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { written } from './written.ts';

const terminal = { hasHost: true, hasColumn: false } as const;
const editor = { hasHost: false, hasColumn: true } as const;
const here = '/home/ada/shop/api';

/** A link as it is written: its URL and its text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: links are made of them
const link = /\u001b\]8;id=[0-9a-f]{16};([^\u001b]*)\u001b\\([^\u001b]*)\u001b\]8;;\u001b\\/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const colour = /\u001b\[[0-9;:]*m/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

function readable(text: string): string {
  return text.replace(link, '[$2]($1)');
}

const frames: readonly (readonly [string, string])[] = [
  ['    at handler (/home/ada/shop/api/src/a.ts:10:5)', '    at handler (src/a.ts:10:5)'],
  ['    at handler (file:///home/ada/shop/api/src/a.ts:10:5)', '    at handler (src/a.ts:10:5)'],
  ['    at file:///home/ada/shop/api/a%20b.mjs:1:2', '    at a b.mjs:1:2'],
  ['    at async /home/ada/shop/api/a.mjs:1:2', '    at async a.mjs:1:2'],
  [
    '    at async Object.f [as g] (/home/ada/shop/api/(x)/a.mjs:1:2)',
    '    at async Object.f [as g] ((x)/a.mjs:1:2)',
  ],
  ['    at new A (/home/ada/shop/lib/a.mjs:1:2) {', '    at new A (../lib/a.mjs:1:2) {'],
  ['    at f (/usr/lib/x.js:1:2)', '    at f (/usr/lib/x.js:1:2)'],
  ['  File "/home/ada/shop/api/app.py", line 3, in handler', '  File "app.py", line 3, in handler'],
  ['    at JSON.parse (<anonymous>)', '    at JSON.parse (<anonymous>)'],
  ['    at node:fs:1:2', '    at node:fs:1:2'],
  ['    at f (relative.js:1:2)', '    at f (relative.js:1:2)'],
  ['    raise Error("/home/ada/shop/api/x.ts:1:2")', '    raise Error("/home/ada/shop/api/x.ts:1:2")'],
];

test.each(frames)('%s', (line, shown) => {
  expect(shownFrame(line, { here, links: undefined })).toBe(shown);
  // A link changes nothing of what is read.
  expect(shownFrame(line, { here, links: terminal }).replace(link, '$2')).toBe(shown);
});

test('a link names the file, for a terminal with the host and the line, for an editor with line and column', () => {
  const line = '    at f (/home/ada/shop/api/src/ä b;#?%.ts:10:5)';
  const url = '/home/ada/shop/api/src/%C3%A4%20b%3B%23%3F%25.ts';
  expect(readable(shownFrame(line, { here, links: terminal }))).toBe(
    `    at f ([src/ä b;#?%.ts:10:5](file://${hostname().toLowerCase()}${url}#10))`,
  );
  expect(readable(shownFrame(line, { here, links: editor }))).toBe(
    `    at f ([src/ä b;#?%.ts:10:5](file://${url}#10,5))`,
  );
  expect(readable(shownFrame('  File "/home/ada/shop/api/app.py", line 3', { here, links: editor }))).toBe(
    '  File "[app.py](file:///home/ada/shop/api/app.py#3)", line 3',
  );
});

test('a build error names the file from where the person stands', () => {
  const output = { ...written(), links: editor };
  const folderOf = () => '/home/ada/shop/orders';
  const errors = [{ text: 'Expected ";"', file: 'src/a.ts', line: 4, column: 2 }];
  pretty(output, { here, folderOf })({ event: 'build_error', function: 'orders', errors, last_good: true });
  expect(readable(output.lines.join('\n'))).toContain(
    '\n         [../orders/src/a.ts:4:3](file:///home/ada/shop/orders/src/a.ts#4,3): Expected ";"',
  );
});

describe('text from elsewhere', () => {
  const sequence = '\u001b]8;;https://evil.example/\u001b\\click\u001b]8;;\u001b\\';
  const ours = '\u001b]8;id=0123456789abcdef;file:///etc/passwd\u001b\\click\u001b]8;;\u001b\\';
  const piece = fc.constantFrom(
    ...[sequence, ours, '\u001b]8;', 'id=0123456789abcdef', ';', 'file://', '\u001b\\', '\u0007', '\u009c'],
    ...[
      '\u001b]0;title\u0007',
      '\u001b]52;c;eA==\u0007',
      '\u009d8;;x\u009c',
      '/a',
      ' (',
      ':1:2',
      ')',
      '    at ',
      '\n',
      '\r',
    ],
  );
  const hostile = fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 10 });

  test('is never a sequence of an operating system command, wherever it stands', () => {
    fc.assert(
      fc.property(hostile, hostile, (some, others) => {
        const [text, path] = [some.join(''), others.join('')];
        const frames = [
          `    at ${text} (/app/${path}:1:2)`,
          `  File "/app/${path}", line 1, in ${text}`,
          text,
        ];
        const error = { name: text, message: text, stack: frames, causes: [] };
        const events: SessionEvent[] = [
          { event: 'result', id: text, function: text, ok: false, ms: 1, code_ms: 1, error },
          { event: 'log', id: text, function: text, level: 'info', message: frames.join('\n') },
          {
            ...{ event: 'build_error', function: text, last_good: true },
            errors: [{ text, file: path, line: 1, column: 0, lineText: text }],
          },
        ];
        for (const links of [terminal, editor]) {
          const output = { ...written(true), links, colourBits: 8 as const };
          const show = pretty(output, { here, folderOf: () => '/app' });
          for (const event of events) show(event);
          const shown = guarded(output.lines.join('\n'));
          const left = shown.replace(link, (_all, url: string) =>
            url.startsWith('file://') ? '' : '\u001b]',
          );
          expect(left.replace(colour, '')).not.toMatch(control);
        }
      }),
    );
  });

  test('that has the form of our links is shown as text, also where it was not made printable', () => {
    expect(guarded(`a ${ours} b`)).toBe('a ␛]8;id=0123456789abcdef;file:///etc/passwd␛\\click␛]8;;␛\\ b');
  });

  test('ours come through whole', () => {
    const framed = shownFrame('    at f (/home/ada/shop/api/a.ts:1:2)', { here, links: terminal });
    expect(framed).toContain('\u001b]8;id=');
    expect(guarded(framed)).toBe(framed);
  });
});
