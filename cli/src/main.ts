// The command line: every command is one file in commands/, and loads what it needs when it runs.

import packageJson from 'embedded:package.json';
import { quickAnswer } from './commands/quick-answer.ts';
import { closeOutput, processOutput } from './log/output.ts';

// The AWS SDK's advice to move to a later Node is for whoever builds livectl, not for whoever runs it.
process.removeAllListeners('warning');
process.on('warning', ({ message, name }) => {
  if (!message.startsWith('NodeVersionSupportWarning'))
    processOutput.errorLine(`livectl: ${name}: ${message}`);
});

const { commit: builtFrom, version: number } = packageJson;
const version = builtFrom === undefined ? number : `${number} (${builtFrom})`;
const args = helpAsFlag(process.argv.slice(2));
const exitCode = (await quickAnswer(args, version)) ?? (await run());
await closeOutput();
process.exit(exitCode);

async function run(): Promise<number> {
  const { runCommandLine } = await import('./commands/run-command-line.ts');
  return runCommandLine(args, version);
}

/** `help COMMAND` written as `COMMAND --help`. */
function helpAsFlag(given: readonly string[]): string[] {
  const [first, next] = given;
  return first === 'help' && next?.startsWith('-') !== true ? [...given.slice(1), '--help'] : [...given];
}
