// A single executable is livectl and a Node.js in one. Where no other Node.js is installed, that Node.js runs workers as well: in a
// process that livectl starts with a first argument of its own, and in what this process starts by `process.execPath`.
import nodeModule from 'node:module';
import { resolve } from 'node:path';
import process from 'node:process';

/** The first argument of an executable that is to run a script, whose path comes next. No command or option of livectl. */
export const scriptOption = '--livectl-run-script';

/** Has the executable's own path where child processes are to run scripts as well; any other value counts for nothing. */
const variable = 'LIVECTL_RUN_SCRIPTS';

/** Exit code of Node.js for an option that it does not take. */
const invalidArgument = 9;

/** The arguments from the script on, if this process of an executable is to run one; undefined if it is livectl. */
export function scriptArguments(
  argv: readonly string[] = process.argv,
  environment: NodeJS.ProcessEnv = process.env,
): readonly string[] | undefined {
  if (argv[2] === scriptOption) return argv.slice(3);
  return environment[variable] === process.execPath ? argv.slice(2) : undefined;
}

/** Runs a script as `node --enable-source-maps SCRIPT ARGUMENTS` does. */
export function runScript([script, ...args]: readonly string[]): void {
  if (script === undefined || script.startsWith('-')) {
    const what = script === undefined ? 'no script was given' : `it takes no options, such as ${script}`;
    process.stderr.write(
      `${process.execPath} is livectl, whose Node.js ${process.versions.node} runs a script by its path here: ${what}. Install Node.js for the rest.\n`,
    );
    process.exit(invalidArgument);
  }
  process.argv.splice(1, process.argv.length, resolve(script), ...args);
  process.env[variable] = process.execPath;
  process.setSourceMapsEnabled(true);
  (nodeModule as unknown as { runMain(): void }).runMain();
}
