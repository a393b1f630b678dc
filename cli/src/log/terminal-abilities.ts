// What a terminal shows beside text: colours, links and a title; read from the environment as Node.js and others read it.

export type TerminalEnvironment = Readonly<Record<string, string | undefined>>;

/** Bits of a colour: none, the 16 of ANSI, the palette of 256, or all of RGB. */
export type ColourBits = 0 | 4 | 8 | 24;

/** Values of FORCE_COLOR that turn colours on, as in `getColorDepth` of Node.js; any other one turns them off. */
const forced: Readonly<Record<string, ColourBits>> = { '': 4, '1': 4, true: 4, '2': 8, '3': 24 };

/** FORCE_COLOR first, then NO_COLOR (no-color.org) and NODE_DISABLE_COLORS, which any text sets; then the terminal. */
export function colourBits(isTerminal: boolean, env: TerminalEnvironment): ColourBits {
  if (env.FORCE_COLOR !== undefined) return forced[env.FORCE_COLOR] ?? 0;
  if (!isTerminal || env.NO_COLOR || env.NODE_DISABLE_COLORS || env.TERM === 'dumb') return 0;
  if (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit') return 24;
  const isRich = env.TERM?.includes('256color') || env.WT_SESSION || env.TERM_PROGRAM === 'vscode';
  return isRich || richTerminals.has(env.TERM ?? '') ? 8 : 4;
}

const richTerminals: ReadonlySet<string> = new Set(['xterm-kitty', 'xterm-ghostty', 'alacritty', 'wezterm']);

/** How a link to a file is written for a terminal. */
export interface LinkForm {
  /** `file://HOST/path`: terminals refuse links without it, since they may show another machine; editors take it for a share. */
  readonly hasHost: boolean;
  /** `#LINE,COLUMN`, which only editors read; otherwise `#LINE`. */
  readonly hasColumn: boolean;
}

const terminalLinks: LinkForm = { hasHost: true, hasColumn: false };
const editorLinks: LinkForm = { hasHost: false, hasColumn: true };

/** Undefined where links (OSC 8) are not known to work. FORCE_HYPERLINK turns them on, or off with 0. */
export function linkForm(isTerminal: boolean, env: TerminalEnvironment): LinkForm | undefined {
  const form = env.TERM_PROGRAM === 'vscode' || env.TERM_PROGRAM === 'zed' ? editorLinks : terminalLinks;
  if (env.FORCE_HYPERLINK) return Number.parseInt(env.FORCE_HYPERLINK, 10) === 0 ? undefined : form;
  if (!isTerminal || env.TERM === 'dumb' || env.CI || env.TEAMCITY_VERSION) return undefined;
  return showsLinks(env) ? form : undefined;
}

/** First versions that show links, as far as a terminal names its own. */
function showsLinks(env: TerminalEnvironment): boolean {
  const { TERM, TERM_PROGRAM: program, TERM_PROGRAM_VERSION: version = '' } = env;
  // A multiplexer decides, whatever it runs in.
  if (env.STY !== undefined) return false;
  if (env.TMUX !== undefined) return program === 'tmux' && isAtLeast(version, 3, 4);
  switch (program) {
    case 'iTerm.app':
      return isAtLeast(version, 3, 1);
    case 'vscode':
      return env.CURSOR_TRACE_ID !== undefined || isAtLeast(version, 1, 72);
    case 'WezTerm':
    case 'ghostty':
    case 'zed':
    case 'WarpTerminal':
      return true;
  }
  if (env.WT_SESSION !== undefined || env.KONSOLE_VERSION !== undefined) return true;
  // VTE 0.50 as 5000; that version itself crashes on them.
  if (env.VTE_VERSION !== undefined) return Number(env.VTE_VERSION) > 5000;
  return TERM !== undefined && linkTerminals.has(TERM);
}

const linkTerminals: ReadonlySet<string> = new Set([
  'alacritty',
  'foot',
  'foot-extra',
  'wezterm',
  'xterm-ghostty',
  'xterm-kitty',
]);

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split('.', 2).map((part) => Number.parseInt(part, 10));
  return first > major || (first === major && second >= minor);
}

/** Whether a title may be set: not where it would be shown as text, or kept as output. */
export function showsTitle(isTerminal: boolean, env: TerminalEnvironment): boolean {
  return isTerminal && env.TERM !== undefined && !/^(?:dumb|linux|vt\d{1,4})$/.test(env.TERM) && !env.CI;
}
