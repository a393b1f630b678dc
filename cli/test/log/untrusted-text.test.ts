// Text from the table, the relay, AWS or another user: whatever it is, views accept it and show no control character.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientItemPrefix, parseClientItem } from '../../../protocol/directory.ts';
import { jsonLine } from '../../src/control/json-line.ts';
import { reportFailure } from '../../src/log/failure.ts';
import { pretty } from '../../src/log/pretty.ts';
import { guarded, printable, printableLines } from '../../src/log/printable.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { clientStatus, statusLines } from '../../src/status/status-lines.ts';
import { functionErrorLines } from '../../src/trigger/invoke-lines.ts';
import { answerLines, publishedLine } from '../../src/trigger/trigger-lines.ts';
import { functionCheckLines } from '../../src/vpn/endpoint-lines.ts';
import { guideLines } from '../../src/vpn/guide-lines.ts';
import { written } from './written.ts';

const replaced = { mode: 'replace', fallback: { kind: 'none' } } as const;

/** Control characters but tab and line feed, separators that end a line for some, and Unicode's Bidi_Control. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the matter
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]|\p{Bidi_Control}/u;

/** Every character that a terminal obeys, beside some that it shows and parts of sequences. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b[2J',
        '\u001b]0;x\u0007',
        '\u001b[8m',
        '\u009b1A',
        '\r',
        '\r\n',
        '\n',
        '\t',
        '\u202e',
        '\u2066',
      ),
      fc.constantFrom(
        '\u061c',
        '\u200f',
        '\u2028',
        '\u0085',
        '\u007f',
        '\ud800',
        '😀',
        'a',
        ' ',
        '\u001b[',
        '0;',
        'm',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const digits = fc.oneof(
  fc.constantFrom(
    '9'.repeat(30),
    '9'.repeat(400),
    '-1',
    '0',
    '8640000000000000',
    '8640000000000001',
    '1e400',
    '1764166142000',
  ),
  fc.double().map(String),
);

const clientItem = fc.record({
  stage: fc.record({ S: hostile }),
  item: fc.record({ S: hostile.map((text) => clientItemPrefix + text) }),
  connectionId: fc.record({ S: hostile }),
  publicKey: fc.record({ S: hostile }),
  session: fc.record({ S: hostile }),
  user: fc.record({ S: hostile }),
  host: fc.record({ S: hostile }),
  caller: fc.option(fc.record({ S: hostile }), { nil: undefined }),
  version: fc.record({ S: hostile }),
  since: fc.record({ N: digits }),
  leaseUntil: fc.record({ N: digits }),
  expiresAt: fc.record({ N: digits }),
});

function expectOneLineOfJson(value: object): void {
  const line = jsonLine(value);
  expect(line).not.toMatch(obeyed);
  expect(line).not.toMatch(/[\n\t]/);
  expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
}

test('printable text is lines, one line, and is written as it was composed', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(printableLines(text, false).join('\n')).not.toMatch(obeyed);
      expect(printable(text)).not.toMatch(obeyed);
      expect(printable(text)).not.toContain('\n');
      const coloured = printableLines(text, true).join('\n');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      expect(coloured.replace(/\u001b\[[0-9;:]*m/g, '')).not.toMatch(obeyed);
      expect(guarded(coloured)).toBe(coloured);
      expect(
        printableLines(text, true).every((line) => !line.includes('\u001b') || line.endsWith('\u001b[0m')),
      ).toBe(true);
    }),
  );
});

test('a long text on one line is cut', () => {
  expect(printable('x'.repeat(400_000))).toBe(`${'x'.repeat(2000)}…`);
});

test('a client’s item is refused, or shown', () => {
  fc.assert(
    fc.property(clientItem, hostile, (item, text) => {
      const client = parseClientItem(JSON.parse(JSON.stringify(item)));
      const clients = client === undefined ? [] : [clientStatus(client, 1764166142000)];
      const relay = { url: `wss://${text}/`, reachable: false, error: text } as const;
      const status = {
        event: 'status',
        stage: text,
        table: text,
        region: text,
        functions: [text],
        deployed: [
          { function_name: text, state: 'half', stage: text, problems: [text], remedy: text } as const,
          { function_name: text, state: 'stub', stage: text, problems: [] } as const,
        ],
        relay,
        clients,
        tunnels: [
          { name: text, state: 'running', user: text, host: text, streams: 1, bytes: 2, cost: 3, since: '' },
        ],
      } as const;
      expect(statusLines(status, false)).not.toMatch(obeyed);
      expect(statusLines({ ...status, relay: { ...relay, reachable: true, ms: 1 } }, false)).not.toMatch(
        obeyed,
      );
      expectOneLineOfJson(status);
    }),
  );
});

test.each(['9'.repeat(30), '8640000000000001', '-1', '1e3', '0x10', `1.${'0'.repeat(400)}`])(
  'a time of %s is refused',
  (N) => {
    const texts = ['stage', 'item', 'connectionId', 'publicKey', 'session', 'user', 'host', 'version'];
    const item = Object.fromEntries(texts.map((name) => [name, { S: 'x' }]));
    const times = { since: { N: '1' }, leaseUntil: { N: '1' }, expiresAt: { N: '1' } };
    expect(parseClientItem({ ...item, ...times })).toBeDefined();
    for (const name of Object.keys(times))
      expect(parseClientItem({ ...item, ...times, [name]: { N } })).toBeUndefined();
  },
);

test('a name of 400 KB is refused', () => {
  const texts = ['stage', 'item', 'connectionId', 'publicKey', 'session', 'user', 'host', 'version'];
  const item = Object.fromEntries(texts.map((name) => [name, { S: 'x' }]));
  const times = { since: { N: '1' }, leaseUntil: { N: '1' }, expiresAt: { N: '1' } };
  expect(parseClientItem({ ...item, ...times, user: { S: 'x'.repeat(400_000) } })).toBeUndefined();
});

describe('views', () => {
  const base = { id: 'x', function: 'f' } as const;
  const events: readonly ((text: string) => SessionEvent)[] = [
    (text) => ({ event: 'invoke', id: text, function: text, trigger: text, source_ids: [text] }),
    (text) => ({ event: 'log', id: text, function: text, level: 'info', message: text }),
    (text) => ({
      event: 'result',
      ...base,
      ok: false,
      ms: 1,
      code_ms: 1,
      error: { name: text, message: text, stack: [text] },
    }),
    (text) => ({ event: 'error', code: text, message: text, remedy: text }),
    (text) => ({ event: 'reload', function: text, ms: 1, changed: [text] }),
    (text) => ({
      event: 'build_error',
      function: text,
      errors: [{ text, file: text, line: 1, column: 1, lineText: text }],
      last_good: false,
    }),
    (text) => ({ event: 'displaced', by: { user: text, host: text } }),
    (text) => ({ event: 'reconnect', state: 'lost', reason: text }),
    (text) => ({ event: 'reconnect', state: 'retrying', reason: text }),
    (text) => ({ event: 'published', source: text, resource: text, id: text, functions: [] }),
    (text) => ({
      event: 'retry',
      id: text,
      function: text,
      source: text,
      resource: text,
      attempt: 1,
      in_ms: 1,
      reason: text,
    }),
    (text) => ({
      event: 'dead_letter',
      function: text,
      source: text,
      resource: text,
      ids: [text],
      attempts: 1,
      reason: text,
      queue: text,
    }),
    (text) => ({
      event: 'debugger',
      function: text,
      state: 'listening',
      kind: 'node',
      address: '127.0.0.1:1',
      url: text,
    }),
    (text) => ({ event: 'debugger', function: text, state: 'unavailable', reason: text }),
    (text) => ({ event: 'notice', message: text }),
    (text) => ({
      event: 'ready',
      url: text,
      stage: text,
      functions: [
        { name: text, url: text, public: true, ...replaced, triggers: [] },
        { name: text, url: undefined, function_url: text, ...replaced, triggers: ['function_url', 'sqs'] },
        { name: text, url: undefined, ...replaced, triggers: [] },
      ],
      trigger_args: ['--stage', text],
      ms: 1,
    }),
  ];

  test('of every event of serve', () => {
    fc.assert(
      fc.property(fc.constantFrom(...events), hostile, (event, text) => {
        const output = written();
        pretty(output)(event(text));
        expect(output.lines.join('\n')).not.toMatch(obeyed);
        expectOneLineOfJson(event(text));
      }),
    );
  });

  test('of what commands print', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const output = written();
        reportFailure(new Error(text), output, { format: 'pretty', verbose: true });
        const endpoint = { variable: text, host: text, ports: [1], srv: false, web: false };
        const route = { interface: text, gateway: text, vpn: false };
        const checked = {
          endpoint,
          verdict: 'timeout',
          address: text,
          port: 1,
          private: true,
          ms: 1,
          route,
          code: text,
        } as const;
        const check = { name: text, checked: [checked], unreadable: [{ variable: text, reason: text }] };
        const section = {
          title: text,
          text: [text],
          steps: [{ title: text, text: [text], commands: [text] }],
        };
        const published = { to: text, ids: { [text]: text }, traces: [] };
        const shown = [
          ...output.errorLines,
          functionCheckLines(check, text, () => text, false),
          guideLines(text, [section], false),
          functionErrorLines(Buffer.from(text), false),
          functionErrorLines(
            Buffer.from(JSON.stringify({ errorType: text, errorMessage: text, trace: [text, text] })),
            false,
          ),
          publishedLine({ source: text, function: text, published }, false),
          answerLines({ body: Buffer.from(text), functionError: text }, false),
        ];
        expect(shown.join('\n')).not.toMatch(obeyed);
      }),
    );
  });
});
