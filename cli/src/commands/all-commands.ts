// Every command, registered. The build also reads their help from here, for what answers without loading them.
import { CloudCommand } from './cloud.ts';
import { CompletionCommand } from './completion.ts';
import { DoctorCommand } from './doctor.ts';
import { HelpCommand } from './help.ts';
import type { CommandHelp } from './help-text.ts';
import { InitCommand } from './init.ts';
import { InvokeCommand } from './invoke.ts';
import { LivectlCli } from './livectl-cli.ts';
import { RecordingsCommand } from './recordings.ts';
import { RecordingsClearCommand } from './recordings-clear.ts';
import { RecordingsExportCommand } from './recordings-export.ts';
import { ReplayCommand } from './replay.ts';
import { ServeCommand } from './serve.ts';
import { StatusCommand } from './status.ts';
import { TriggerCommand } from './trigger.ts';
import { TunnelCommand } from './tunnel.ts';
import { VpnCommand } from './vpn.ts';
import { VpnCertificatesCommand } from './vpn-certificates.ts';

const commands = [
  InitCommand,
  ServeCommand,
  CloudCommand,
  InvokeCommand,
  ReplayCommand,
  RecordingsCommand,
  RecordingsExportCommand,
  RecordingsClearCommand,
  StatusCommand,
  DoctorCommand,
  TunnelCommand,
  VpnCommand,
  VpnCertificatesCommand,
  TriggerCommand,
  CompletionCommand,
  HelpCommand,
];

/**
 * The command line; commands/quick-answer.ts answers for its version and its help. With `word` it has only the commands that begin with
 * it, if there are any: the parser's preparation takes longer than a start otherwise does.
 */
export function livectlCli(version: string, word?: string): LivectlCli {
  const cli = new LivectlCli({ binaryName: 'livectl', binaryVersion: version, enableColors: false });
  const named = commands.filter(({ paths }) => paths.some(([first]) => first === word));
  for (const command of named.length > 0 ? named : commands) cli.register(command);
  return cli;
}

/** The help of all commands, which depends on nothing but the source. */
export function helpOfCommands(): CommandHelp[] {
  return livectlCli('').commands();
}
