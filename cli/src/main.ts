// The command line: every command is one file in commands/, and loads what it needs when it runs.

import packageJson from 'embedded:package.json';
import { Builtins, Cli } from 'clipanion';
import { ServeCommand } from './commands/serve.ts';
import { closeOutput } from './log/output.ts';

const cli = new Cli({ binaryName: 'livectl', binaryLabel: 'livectl', binaryVersion: packageJson.version });
cli.register(Builtins.HelpCommand);
cli.register(Builtins.VersionCommand);
cli.register(ServeCommand);

process.exitCode = await cli.run(process.argv.slice(2), Cli.defaultContext);
await closeOutput();
process.exit();
