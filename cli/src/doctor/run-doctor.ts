// `livectl doctor`: which checks there are, and what becomes of their findings.
import packageJson from 'embedded:package.json';
import { systemClock } from '../../../protocol/clock.ts';
import type { StageOptions } from '../aws/stage.ts';
import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import type { Folder } from '../place.ts';
import { buildsCheck } from './build-checks.ts';
import type { Check } from './check.ts';
import { DoctorLines } from './doctor-lines.ts';
import { layersCheck } from './layers-check.ts';
import {
  diskCheck,
  fileClockCheck,
  gitCheck,
  nodeCheck,
  portCheck,
  stateFolderCheck,
  watchCheck,
} from './machine-checks.ts';
import { authoritiesCheck, proxyCheck } from './network-checks.ts';
import { localProject, manifestCheck } from './project.ts';
import { runChecks } from './run-checks.ts';
import { esbuildCheck, runtimesCheck } from './runtime-checks.ts';
import {
  accountCheck,
  clientsCheck,
  credentialsCheck,
  deployedCheck,
  permissionsCheck,
  relayCheck,
  stageClockCheck,
  stageParts,
  tableCheck,
} from './stage-checks.ts';
import { terraformCheck } from './terraform-check.ts';

export interface DoctorOptions extends Folder {
  /** Undefined without a stage. */
  readonly stage: StageOptions | undefined;
  /** With neither `--local` nor a stage: whose credentials are looked at. */
  readonly account: Omit<StageOptions, 'stage'> | undefined;
  /** The port that `serve --local` would take. */
  readonly port: number;
  /** How long each check may take, in milliseconds; all run at once. */
  readonly boundMs: number;
  readonly format: OutputFormat;
}

/** Resolves with the exit code: 1 if something fails. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { boundMs, format } = options;
  const parts = options.stage && stageParts(options.stage);
  const lines = new DoctorLines(processOutput.colour, (text) => processOutput.line(text));
  const findings = await runChecks(checksOf(options, parts), {
    clock: systemClock,
    boundMs,
    onChecked: ({ group }, found) => {
      if (format === 'pretty') return lines.checked(group, found);
      for (const finding of found) processOutput.line(eventLine({ event: 'check', ...finding }));
    },
  });
  if (format === 'pretty') lines.summary(findings);
  // What has not answered yet must not delay the end.
  void parts?.close();
  return findings.some(({ status }) => status === 'fail') ? exitCodes.failure : exitCodes.ok;
}

function checksOf(
  { account, config, port, root, stage }: DoctorOptions,
  parts: ReturnType<typeof stageParts> | undefined,
): Check[] {
  const folder = { root, config };
  const project = localProject(folder);
  const machine = [
    nodeCheck(packageJson.version),
    ...(stage === undefined ? [portCheck(port), fileClockCheck(root, config, () => systemClock.now())] : []),
    stateFolderCheck,
    diskCheck(root),
    watchCheck(root),
    proxyCheck(stage?.region),
    authoritiesCheck,
  ];
  const local = [
    manifestCheck(folder, stage === undefined ? 'required' : 'optional'),
    gitCheck(root),
    esbuildCheck(root),
    runtimesCheck(project),
    buildsCheck(project),
    terraformCheck(root, stage !== undefined),
  ];
  if (stage === undefined || parts === undefined)
    return [...machine, ...local, ...(account === undefined ? [] : [accountCheck(account)])];
  return [
    ...machine,
    ...local,
    credentialsCheck(parts, stage),
    stageClockCheck(parts),
    tableCheck(parts),
    permissionsCheck(parts),
    layersCheck(parts, stage),
    relayCheck(parts),
    deployedCheck(parts, stage),
    clientsCheck(parts),
  ];
}
