// The inspector's API: which editor a line of source code opens in.

export interface Editor {
  readonly name: string;
  /** URL with `{file}` (an absolute path), `{line}` and `{column}`, both from 1. */
  readonly url: string;
}

const editors = {
  vscode: { name: 'Visual Studio Code', url: 'vscode://file/{file}:{line}:{column}' },
  cursor: { name: 'Cursor', url: 'cursor://file/{file}:{line}:{column}' },
  windsurf: { name: 'Windsurf', url: 'windsurf://file/{file}:{line}:{column}' },
  vscodium: { name: 'VSCodium', url: 'vscodium://file/{file}:{line}:{column}' },
  zed: { name: 'Zed', url: 'zed://file/{file}:{line}:{column}' },
  idea: { name: 'JetBrains IDE', url: 'idea://open?file={file}&line={line}&column={column}' },
  sublime: { name: 'Sublime Text', url: 'subl://open?url=file://{file}&line={line}&column={column}' },
} as const satisfies Readonly<Record<string, Editor>>;

/** No scheme that a browser would run or load. */
const editorUrl =
  /^(?!(?:https?|file|data|javascript|blob|about|view-source):)[a-z][a-z0-9+.-]*:[^\s"'<>]+$/i;

/**
 * `LIVECTL_EDITOR`: one of the names above, or a URL with `{file}`, `{line}` and `{column}`. Otherwise the editor in whose
 * terminal livectl runs; by default Visual Studio Code.
 */
export function editorOf(env: Readonly<Record<string, string | undefined>>): Editor {
  const { LIVECTL_EDITOR: chosen = '' } = env;
  if (chosen.includes('{file}') && editorUrl.test(chosen)) return { name: 'the editor', url: chosen };
  const named = Object.entries(editors).find(([name]) => name === chosen.toLowerCase());
  return named?.[1] ?? editors[terminalOf(env)];
}

function terminalOf(env: Readonly<Record<string, string | undefined>>): keyof typeof editors {
  if (env.CURSOR_TRACE_ID !== undefined) return 'cursor';
  if (env.TERMINAL_EMULATOR === 'JetBrains-JediTerm') return 'idea';
  if (env.ZED_TERM !== undefined) return 'zed';
  return 'vscode';
}
