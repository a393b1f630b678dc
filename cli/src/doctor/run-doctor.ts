// `livectl doctor`: which checks there are, and what becomes of their findings.
import packageJson from 'embedded:package.json';
import process from 'node:process';
import { systemClock } from '../../../protocol/clock.ts';
import type { StageOptions } from '../aws/stage.ts';
import { withoutAwsSecrets } from '../builder/build-environment.ts';
import { PythonFinder } from '../builder/find-python.ts';
import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import type { Folder } from '../place.ts';
import { accountCheck, credentialsCheck, stageClockCheck } from './account-checks.ts';
import { buildsCheck } from './build-checks.ts';
import type { Check } from './check.ts';
import { deployedCheck } from './deployed-check.ts';
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
import { authoritiesCheck, networkCheck, proxyCheck } from './network-checks.ts';
import { permissionsCheck } from './permission-checks.ts';
import { localProject, manifestCheck, stageProject } from './project.ts';
import { relayCheck } from './relay-check.ts';
import { runChecks } from './run-checks.ts';
import { esbuildCheck, runtimesCheck } from './runtime-checks.ts';
import { clientsCheck, tableCheck } from './stage-checks.ts';
import { type StageParts, stageParts } from './stage-parts.ts';
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
  const { account, boundMs, format } = options;
  // Without a stage, only its account is looked at.
  const stage = options.stage ?? (account && { ...account, stage: 'none' });
  const parts = stage && stageParts(stage, boundMs);
  const lines = new DoctorLines(processOutput.colour, process.stdout.columns, (text) =>
    processOutput.line(text),
  );
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

function checksOf(options: DoctorOptions, parts: StageParts | undefined): Check[] {
  const { account, boundMs, config, port, root, stage } = options;
  const folder = { root, config };
  const project = stage && parts ? stageProject(parts, folder) : localProject(folder);
  const pythons = new PythonFinder(withoutAwsSecrets(process.env));
  const machine = [
    nodeCheck(packageJson.version),
    ...(stage === undefined ? [portCheck(port), fileClockCheck(root, config, () => systemClock.now())] : []),
    stateFolderCheck,
    diskCheck(root),
    watchCheck(root),
    proxyCheck((stage ?? account)?.region),
    authoritiesCheck,
  ];
  const local = [
    manifestCheck(folder, stage === undefined ? 'required' : 'optional'),
    gitCheck(root),
    esbuildCheck(root),
    runtimesCheck(project, pythons),
    buildsCheck(project, pythons),
    terraformCheck(root, stage !== undefined),
  ];
  if (parts === undefined) return [...machine, ...local];
  if (stage === undefined) {
    const ofAccount = account ? [accountCheck(parts, account)] : [];
    return [...machine, ...local, networkCheck(parts, false), ...ofAccount];
  }
  return [
    ...machine,
    ...local,
    networkCheck(parts, true),
    credentialsCheck(parts, stage),
    stageClockCheck(parts),
    tableCheck(parts, stage, root),
    permissionsCheck(parts),
    layersCheck(parts, stage),
    relayCheck(parts, boundMs),
    deployedCheck(parts),
    clientsCheck(parts),
  ];
}
