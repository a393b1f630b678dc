// The title of the terminal: what it says, and that nothing in it is obeyed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TerminalTitle } from '../../src/log/terminal-control.ts';
import { ServeTitle } from '../../src/serve/serve-title.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';

function shown(stage: string, events: readonly (SessionEvent | 'r' | 'suspend' | 'resume')[]): string {
  let sequences = '';
  const title = new ServeTitle(
    stage,
    new TerminalTitle((sequence) => {
      sequences += sequence;
    }),
  );
  for (const event of events) {
    if (event === 'r') title.building();
    else if (event === 'suspend') title.leave();
    else if (event === 'resume') title.enter();
    else title.take(event);
  }
  title.leave();
  title.leave();
  return sequences;
}

const ready = { event: 'ready', url: undefined, stage: 'x', functions: [], trigger_args: [], ms: 1 } as const;
const broken = (name: string) =>
  ({ event: 'build_error', function: name, errors: [], last_good: true }) as const;
const reloaded = (name: string) => ({ event: 'reload', function: name, ms: 1, changed: [] }) as const;

test('is kept once, follows what happens, and is taken back once', () => {
  const sequences = shown('dev-tom', [
    ...[
      ready,
      broken('orders'),
      broken('mailer'),
      reloaded('orders'),
      reloaded('mailer'),
      reloaded('mailer'),
    ],
    ...([
      { event: 'reconnect', state: 'lost' },
      { event: 'reconnect', state: 'connected' },
    ] as const),
    ...(['r'] as const),
    reloaded('orders'),
  ]);
  const titles = sequences.split('\u001b]0;');
  expect(titles).toEqual([
    '\u001b[22;0t',
    'livectl dev-tom: building\u0007',
    'livectl dev-tom\u0007',
    'livectl dev-tom: orders does not build\u0007',
    'livectl dev-tom: 2 functions do not build\u0007',
    'livectl dev-tom: mailer does not build\u0007',
    'livectl dev-tom\u0007',
    'livectl dev-tom: reconnecting\u0007',
    'livectl dev-tom\u0007',
    'livectl dev-tom: building\u0007',
    'livectl dev-tom\u0007',
    '\u0007\u001b[23;0t',
  ]);
});

test('is the shell’s own while the command is suspended', () => {
  expect(shown('a', [ready, 'suspend', 'resume'])).toBe(
    [
      '\u001b[22;0t\u001b]0;livectl a: building\u0007\u001b]0;livectl a\u0007\u001b]0;\u0007\u001b[23;0t',
      '\u001b[22;0t\u001b]0;livectl a\u0007\u001b]0;\u0007\u001b[23;0t',
    ].join(''),
  );
});

test('has no control character of a name, and is short', () => {
  const part = fc.constantFrom(
    '\u0007',
    '\u001b',
    '\u001b]0;x\u0007',
    '\u009c',
    '\u001b\\',
    'a',
    '\n',
    '\u202e',
    '\r',
  );
  const hostile = fc.array(part, { maxLength: 60 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(hostile, hostile, (stage, name) => {
      const [lead, ...titles] = shown(stage, [broken(name), ready]).split('\u001b]0;');
      expect(lead).toBe('\u001b[22;0t');
      expect(titles.pop()).toBe('\u0007\u001b[23;0t');
      for (const title of titles) {
        expect(title.length).toBeLessThanOrEqual(81);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the matter
        expect(title).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202e]*\u0007$/);
      }
    }),
  );
});
