// Colours, links and the title, by what the environment says.
import { WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { colourBits, linkForm, showsTitle } from '../../src/log/terminal-abilities.ts';

test.each<[boolean, Record<string, string>, number]>([
  [true, { TERM: 'xterm' }, 4],
  [true, { TERM: 'xterm-256color' }, 8],
  [true, { TERM: 'xterm', COLORTERM: 'truecolor' }, 24],
  [true, { TERM: 'xterm-kitty' }, 8],
  [false, { TERM: 'xterm-256color' }, 0],
  [true, { TERM: 'dumb' }, 0],
  [true, { TERM: 'xterm', NO_COLOR: '1' }, 0],
  [true, { TERM: 'xterm', NO_COLOR: '' }, 4],
  [true, { TERM: 'xterm', NODE_DISABLE_COLORS: '1' }, 0],
  [false, { FORCE_COLOR: '' }, 4],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, 4],
  [false, { FORCE_COLOR: 'true' }, 4],
  [false, { FORCE_COLOR: '2' }, 8],
  [false, { FORCE_COLOR: '3' }, 24],
  [true, { FORCE_COLOR: '0', TERM: 'xterm-256color' }, 0],
  [true, { FORCE_COLOR: 'false', TERM: 'xterm-256color' }, 0],
  [false, { CLICOLOR_FORCE: '1' }, 0],
])('colours: terminal %s with %j: %s bits', (isTerminal, env, bits) => {
  expect(colourBits(isTerminal, env)).toBe(bits);
});

// Node emits a warning where one of these is ignored, so NO_COLOR is not among them.
test.each(['', '0', '1', '2', '3', 'true', 'false', 'x'])(
  'FORCE_COLOR=%s is what it is for Node',
  (value) => {
    const ofNode = WriteStream.prototype.getColorDepth({ FORCE_COLOR: value });
    expect(colourBits(false, { FORCE_COLOR: value })).toBe(ofNode === 1 ? 0 : ofNode);
  },
);

const host = { hasHost: true, hasColumn: false };
const editor = { hasHost: false, hasColumn: true };

test.each<[Record<string, string>, object | undefined]>([
  [{ TERM: 'xterm-256color' }, undefined],
  [{ TERM: 'xterm-kitty' }, host],
  [{ TERM: 'xterm-kitty', CI: 'true' }, undefined],
  [{ TERM: 'dumb', TERM_PROGRAM: 'WezTerm' }, undefined],
  [{ TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.5.10' }, host],
  [{ TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.0.15' }, undefined],
  [{ TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.95.0' }, editor],
  [{ TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.71.2' }, undefined],
  [{ TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '0.45.1', CURSOR_TRACE_ID: 'x' }, editor],
  [{ TERM_PROGRAM: 'WezTerm', TERM_PROGRAM_VERSION: '20240203-110809-5046fc22' }, host],
  [{ TERM_PROGRAM: 'Apple_Terminal', TERM_PROGRAM_VERSION: '453' }, undefined],
  [{ VTE_VERSION: '7006' }, host],
  [{ VTE_VERSION: '4999' }, undefined],
  [{ WT_SESSION: 'x' }, host],
  [{ TMUX: '/tmp/tmux', TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.4' }, host],
  [{ TMUX: '/tmp/tmux', TERM_PROGRAM: 'tmux', TERM_PROGRAM_VERSION: '3.3a', VTE_VERSION: '7006' }, undefined],
  [{ TMUX: '/tmp/tmux', TERM_PROGRAM: 'WezTerm' }, undefined],
  [{ STY: '1.pts', TERM_PROGRAM: 'WezTerm' }, undefined],
  [{ FORCE_HYPERLINK: '1', CI: 'true', TERM: 'dumb' }, host],
  [{ FORCE_HYPERLINK: '0', TERM: 'xterm-kitty' }, undefined],
])('links with %j: %j', (env, form) => {
  expect(linkForm(true, env)).toEqual(form);
  expect(linkForm(false, env)).toEqual(env.FORCE_HYPERLINK === '1' ? form : undefined);
});

test.each<[boolean, Record<string, string>, boolean]>([
  [true, { TERM: 'xterm' }, true],
  [true, { TERM: 'tmux-256color' }, true],
  [false, { TERM: 'xterm' }, false],
  [true, { TERM: 'dumb' }, false],
  [true, { TERM: 'linux' }, false],
  [true, { TERM: 'xterm', CI: '1' }, false],
  [true, {}, false],
])('a title: terminal %s with %j: %s', (isTerminal, env, shows) => {
  expect(showsTitle(isTerminal, env)).toBe(shows);
});
