// IDEs of JetBrains: shared run configurations in .run/.
import { shellWords } from '../../log/shell-words.ts';
import {
  type DebugEntry,
  type EditorProject,
  entryPrefix,
  everythingName,
  serveName,
} from './debug-entries.ts';

/** A file in .run. */
export interface RunFile {
  readonly name: string;
  readonly text: string;
  /** One that is there already stays, since people change it. */
  readonly keptIfThere?: boolean;
}

/**
 * One that serves, one for each Node.js function, and one that starts all of those. Python has no such configuration: see
 * docs/debugging.md.
 */
export function jetbrainsFiles(project: EditorProject): readonly RunFile[] {
  const nodes = project.entries.filter(({ kind }) => kind === 'node');
  return [
    { name: fileName('serve'), text: serveConfiguration(project), keptIfThere: true },
    ...nodes.map((entry) => ({ name: fileName(entry.functionName), text: attachConfiguration(entry) })),
    ...(nodes.length > 1 ? [{ name: fileName('all functions'), text: compound(nodes) }] : []),
  ];
}

/** All that livectl may have written, for removal of those no longer needed. */
export const runFileName = /^livectl [^/\\]{1,200}\.run\.xml$/;

function fileName(what: string): string {
  return `livectl ${what}.run.xml`;
}

function serveConfiguration({ command, path }: EditorProject): string {
  const folder = path === '' ? '$PROJECT_DIR$' : `$PROJECT_DIR$/${path}`;
  const options: readonly (readonly [string, string])[] = [
    ['SCRIPT_TEXT', shellWords(command)],
    ['INDEPENDENT_SCRIPT_PATH', 'true'],
    ['SCRIPT_PATH', ''],
    ['SCRIPT_OPTIONS', ''],
    ['INDEPENDENT_SCRIPT_WORKING_DIRECTORY', 'true'],
    ['SCRIPT_WORKING_DIRECTORY', folder],
    ['INDEPENDENT_INTERPRETER_PATH', 'true'],
    ['INTERPRETER_PATH', ''],
    ['INTERPRETER_OPTIONS', ''],
    ['EXECUTE_IN_TERMINAL', 'true'],
    ['EXECUTE_SCRIPT_FILE', 'false'],
  ];
  return configuration(`name="${xml(serveName)}" type="ShConfigurationType" singleton="true"`, [
    ...options.map(([name, value]) => `<option name="${name}" value="${xml(value)}" />`),
    '<envs />',
  ]);
}

/** A reload ends the process and the connection, so it reconnects by itself. */
function attachConfiguration({ functionName, port }: DebugEntry): string {
  return configuration(
    `name="${xml(entryPrefix + functionName)}" type="ChromiumRemoteDebugType" factoryName="Chromium Remote" host="127.0.0.1" port="${port}" restartOnDisconnect="true"`,
    [],
  );
}

function compound(entries: readonly DebugEntry[]): string {
  return configuration(
    `name="${xml(everythingName)}" type="CompoundRunConfigurationType"`,
    entries.map(
      ({ functionName }) =>
        `<toRun name="${xml(entryPrefix + functionName)}" type="ChromiumRemoteDebugType" />`,
    ),
  );
}

function configuration(attributes: string, children: readonly string[]): string {
  return [
    '<component name="ProjectRunConfigurationManager">',
    `  <configuration default="false" ${attributes}>`,
    ...[...children, '<method v="2" />'].map((child) => `    ${child}`),
    '  </configuration>',
    '</component>',
    '',
  ].join('\n');
}

/** As the text of an attribute in double quotes. */
function xml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
