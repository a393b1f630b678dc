// `livectl tunnel`: a port of this machine that leads into the VPC of a stage, until Ctrl-C.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { openStage, type StageOptions } from '../aws/stage.ts';
import { exitCodes } from '../exit-code.ts';
import { writePrivateFile } from '../folders/private-file.ts';
import { makeTempFolder } from '../folders/temp-folder.ts';
import { jsonLines } from '../log/json-lines.ts';
import { type OutputFormat, processOutput, readerGone } from '../log/output.ts';
import { readStageManifest } from '../manifest/stage-manifest.ts';
import type { Closers } from '../run/closers.ts';
import { runToExit } from '../run/run-to-exit.ts';
import { stopSignals } from '../run/stop-signals.ts';
import { chooseTunnel } from './choose-tunnel.ts';
import { openForward } from './forward.ts';
import { failureWords } from './refusal.ts';
import { startSocksServer } from './socks-server.ts';
import { stageTunnels } from './stage-tunnels.ts';
import { type TunnelCommandEvent, tunnelCommandLines } from './tunnel-command-event.ts';
import type { Tunnels } from './tunnels.ts';

export interface TunnelCommandOptions extends StageOptions {
  /** Where the port leads to; undefined: a SOCKS5 proxy to every destination. */
  readonly target: { readonly host: string; readonly port: number } | undefined;
  /** 0 chooses a free one. */
  readonly localPort: number;
  readonly tunnel: string | undefined;
  readonly functionName: string | undefined;
  readonly format: OutputFormat;
  readonly verbose: boolean;
}

type Show = (event: TunnelCommandEvent) => void;

/** The user of the SOCKS5 proxy. */
const socksUser = 'livectl';

/** Resolves with the exit code. Errors are written, not thrown. */
export function runTunnel(options: TunnelCommandOptions): Promise<number> {
  return runToExit(options, async (closers) => {
    const stop = stopSignals(() => process.exit(exitCodes.failure));
    closers.add(() => stop.dispose());
    const stopAsked = Promise.race([stop.first, readerGone]).then(() => 'stop' as const);
    const begun = await Promise.race([begin(options, closers), stopAsked]);
    if (begun !== 'stop') await stopAsked;
    return exitCodes.ok;
  });
}

async function begin(options: TunnelCommandOptions, closers: Closers): Promise<void> {
  const { format, stage, target } = options;
  const password = randomBytes(24).toString('base64url');
  const view = { colour: processOutput.colour, password: process.stdout.isTTY ? password : undefined };
  const show: Show =
    format === 'json'
      ? jsonLines(processOutput)
      : (event) => processOutput.line(tunnelCommandLines(event, view));
  const aws = await openStage(options);
  closers.add(() => aws.http.close());
  const signing = { region: aws.identity.region, isEmulated: hasEmulator() };
  const manifest = await readStageManifest(aws.directory, stage, undefined, signing).catch(
    (error: unknown) => {
      throw explainDirectory(error, aws.context);
    },
  );
  const tunnel = chooseTunnel(manifest, options);
  const tunnels = stageTunnels({ stage, aws, manifest, onEvent: show });
  closers.add(() => tunnels.close());
  if (target) {
    const refusal = tunnels.refusal(tunnel, target.host, target.port);
    if (refusal) throw new LiveDebugError('LD_CONFIG', refusal.message);
  }
  // Before the function starts: a port in use is found out at once.
  const listening = target
    ? await openTarget({ options, target, tunnels, tunnel, show }, closers)
    : await openSocks({ options, password, tunnels, tunnel, show }, closers);
  await tunnels.warm(tunnel);
  show({ event: 'ready', tunnel, host: '127.0.0.1', ...listening });
}

interface Opening {
  readonly options: TunnelCommandOptions;
  readonly tunnels: Tunnels;
  readonly tunnel: string;
  readonly show: Show;
}

async function openTarget(
  { options, show, target, tunnel, tunnels }: Opening & { readonly target: { host: string; port: number } },
  closers: Closers,
) {
  const forward = await openForward({
    port: options.localPort,
    dial: () => tunnels.dial(tunnel, target.host, target.port),
    onFailure: (error) => show({ event: 'connection_failed', ...target, ...failureWords(error) }),
    onStranger: once(() => show(stranger)),
  });
  closers.add(() => forward.close());
  return { port: forward.port, target };
}

async function openSocks(
  { options, password, show, tunnel, tunnels }: Opening & { readonly password: string },
  closers: Closers,
) {
  const folder = await makeTempFolder();
  closers.add(() => folder.remove());
  const file = join(folder.path, 'socks-password');
  writePrivateFile(file, password);
  const server = await startSocksServer({
    port: options.localPort,
    password,
    hasUser: (user) => user === socksUser,
    dial: (_user, host, port) => tunnels.dial(tunnel, host, port),
    onFailure: (_user, host, port, error) =>
      show({ event: 'connection_failed', host, port, ...failureWords(error) }),
    onStranger: once(() => show(stranger)),
    clock: systemClock,
  });
  closers.add(() => server.close());
  return { port: server.port, user: socksUser, password_file: file };
}

const stranger = {
  event: 'notice',
  message: 'another user of this machine tried to connect, and was refused; this is reported once',
} as const;

/** Calls it the first time only: anybody on this machine can connect as often as they like. */
function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
