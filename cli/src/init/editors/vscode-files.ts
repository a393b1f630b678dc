// VS Code: the entries of .vscode/launch.json and .vscode/tasks.json.
import {
  type DebugEntry,
  type EditorProject,
  entryPrefix,
  everythingName,
  serveName,
} from './debug-entries.ts';
import type { ListEntry, WantedList } from './merge-jsonc.ts';

/** A file of .vscode. */
export interface VscodeFile {
  readonly name: string;
  readonly version: string;
  readonly lists: readonly WantedList[];
}

/**
 * What `serve` prints: the task is ready with the heading of `ready`, which comes after all debugger ports are open. Build errors are
 * `file:line:column: text`.
 */
const problemMatcher = {
  owner: 'livectl',
  source: 'livectl',
  pattern: {
    regexp: '^\\s*(\\S.*?):(\\d+):(\\d+): (.+)$',
    file: 1,
    line: 2,
    column: 3,
    message: 4,
  },
  background: {
    activeOnStart: true,
    beginsPattern: 'does not build; ',
    endsPattern: 'Serving \\d+ functions? of stage |reloaded in ',
  },
};

/** VS Code's variable for the folder that it opens. */
const workspace = ['$', '{workspaceFolder}'].join('');

/** What people change in the task: its flags, above all another stage than the local one. */
const ownToPeople = ['detail', 'command', 'args', 'options', 'runOptions', 'presentation'];

/** The files of a project, in the order in which they are written. */
export function vscodeFiles(project: EditorProject): readonly VscodeFile[] {
  const [command, ...args] = project.command;
  const root = rootOf(project);
  const task = {
    label: serveName,
    detail: 'Serve the functions of livectl.json with debugger ports',
    type: 'shell',
    command,
    args,
    options: { cwd: root },
    isBackground: true,
    runOptions: { instanceLimit: 1 },
    presentation: { reveal: 'always', panel: 'dedicated' },
    problemMatcher: { ...problemMatcher, fileLocation: ['autoDetect', root] },
  };
  const configurations = project.entries.map((entry) => configuration(entry, root));
  const everything = {
    name: everythingName,
    configurations: configurations.map(({ name }) => name),
    preLaunchTask: serveName,
    stopAll: true,
  };
  return [
    {
      name: 'tasks.json',
      version: '2.0.0',
      lists: [{ name: 'tasks', key: 'label', entries: [task], kept: ownToPeople }],
    },
    {
      name: 'launch.json',
      version: '0.2.0',
      lists: [
        { name: 'configurations', key: 'name', entries: configurations },
        { name: 'compounds', key: 'name', entries: configurations.length > 1 ? [everything] : [] },
      ],
    },
  ];
}

function rootOf({ path }: EditorProject): string {
  return path === '' ? workspace : `${workspace}/${path}`;
}

function configuration(
  { functionName, kind, port }: DebugEntry,
  root: string,
): ListEntry & { readonly name: string } {
  const name = `${entryPrefix}${functionName}`;
  if (kind === 'python') {
    return {
      name,
      type: 'debugpy',
      request: 'attach',
      connect: { host: '127.0.0.1', port },
      restart: true,
      justMyCode: true,
      preLaunchTask: serveName,
    };
  }
  return {
    name,
    type: 'node',
    request: 'attach',
    address: '127.0.0.1',
    port,
    // A reload ends the process and the connection.
    restart: true,
    // It would write its own NODE_OPTIONS into the function's environment.
    autoAttachChildProcesses: false,
    cwd: root,
    // Bundles and their source maps; sources may be anywhere, e.g. in another package of a monorepo.
    outFiles: [`${root}/.livectl/**/*.(m|c|)js`, '!**/node_modules/**'],
    resolveSourceMapLocations: [`${workspace}/**`, '!**/node_modules/**'],
    skipFiles: ['<node_internals>/**'],
    preLaunchTask: serveName,
  };
}
