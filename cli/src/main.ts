// The command line: every command is one file in commands/, and loads what it needs when it runs.

import packageJson from 'embedded:package.json';
import { Builtins, Cli, type Command } from 'clipanion';
import { messageOf } from '../../protocol/live-debug-error.ts';
import { CloudCommand } from './commands/cloud.ts';
import { CompletionCandidatesCommand, CompletionCommand } from './commands/completion.ts';
import { DoctorCommand } from './commands/doctor.ts';
import { InitCommand } from './commands/init.ts';
import { InvokeCommand } from './commands/invoke.ts';
import { LivectlCli } from './commands/livectl-cli.ts';
import { parseMistake } from './commands/parse-mistake.ts';
import { RecordingsCommand } from './commands/recordings.ts';
import { RecordingsClearCommand } from './commands/recordings-clear.ts';
import { RecordingsExportCommand } from './commands/recordings-export.ts';
import { ReplayCommand } from './commands/replay.ts';
import { ServeCommand } from './commands/serve.ts';
import { StartCommand } from './commands/start.ts';
import { StatusCommand } from './commands/status.ts';
import { TriggerCommand } from './commands/trigger.ts';
import { TunnelCommand } from './commands/tunnel.ts';
import { VpnCommand } from './commands/vpn.ts';
import { VpnCertificatesCommand } from './commands/vpn-certificates.ts';
import { exitCodes } from './exit-code.ts';
import { closeOutput, processOutput } from './log/output.ts';

// The AWS SDK's advice to move to a later Node is for whoever builds livectl, not for whoever runs it.
process.removeAllListeners('warning');
process.on('warning', ({ message, name }) => {
  if (!message.startsWith('NodeVersionSupportWarning'))
    processOutput.errorLine(`livectl: ${name}: ${message}`);
});

const { commit: builtFrom, version } = packageJson;
const cli = new LivectlCli({
  binaryName: 'livectl',
  binaryLabel: 'livectl',
  binaryVersion: builtFrom === undefined ? version : `${version} (${builtFrom})`,
  enableColors: processOutput.colour,
});
cli.register(Builtins.HelpCommand);
cli.register(Builtins.VersionCommand);
cli.register(StartCommand);
cli.register(InitCommand);
cli.register(ServeCommand);
cli.register(CloudCommand);
cli.register(InvokeCommand);
cli.register(ReplayCommand);
cli.register(RecordingsCommand);
cli.register(RecordingsExportCommand);
cli.register(RecordingsClearCommand);
cli.register(StatusCommand);
cli.register(DoctorCommand);
cli.register(TunnelCommand);
cli.register(VpnCommand);
cli.register(VpnCertificatesCommand);
cli.register(TriggerCommand);
cli.register(CompletionCommand);
cli.register(CompletionCandidatesCommand);

const command = parse(process.argv.slice(2));
const exitCode = command ? await cli.run(command, Cli.defaultContext) : exitCodes.usage;
await closeOutput();
process.exit(exitCode);

/** The command that the arguments name; undefined, with the mistake said, where they name none. */
function parse(args: string[]): Command | undefined {
  try {
    return cli.process(args, Cli.defaultContext);
  } catch (error) {
    const { help, message } = parseMistake(args, cli.definitions(), messageOf(error));
    processOutput.errorLine(message);
    processOutput.errorLine(`  ${help}`);
    return undefined;
  }
}
