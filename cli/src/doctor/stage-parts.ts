// What the checks of a stage have in common: each part is opened or read once. What one check reports, no other reports again.
import { systemClock } from '../../../protocol/clock.ts';
import { DirectoryRefusal } from '../../../protocol/directory.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { resolveRegion } from '../aws/aws-identity.ts';
import { askCaller } from '../aws/caller-arn.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { openStage, type Stage, type StageOptions } from '../aws/stage.ts';
import { readStageManifest, type StageManifest } from '../manifest/stage-manifest.ts';
import { type DeployedAnswer, readDeployed } from '../status/deployed-functions.ts';
import { seen } from './check.ts';
import { type Reach, reachAws } from './reach-aws.ts';

/** Parts reject with a {@link NotChecked} if another check reports why. */
export interface StageParts {
  /** Whether AWS can be reached. Rejects with LD_REGION. */
  readonly network: () => Promise<readonly Reach[]>;
  readonly stage: () => Promise<Stage>;
  /** The caller's ARN; undefined if the answer has none. */
  readonly caller: () => Promise<string | undefined>;
  readonly manifest: () => Promise<StageManifest>;
  /** In the order of the manifest's functions. */
  readonly deployed: () => Promise<readonly DeployedAnswer[]>;
  close(): Promise<void>;
}

/** `boundMs` is how long each check may take, in milliseconds. */
export function stageParts(options: StageOptions, boundMs: number): StageParts {
  const network = once(async () => reachAws(await resolveRegion(options), boundMs * 0.75));
  /** Rejects as soon as the check of the network has found why nothing else can work. */
  const cut = once(async () => {
    const problem = vitalProblem(await network().catch(() => []));
    return problem ? Promise.reject(seen(problem.check)) : new Promise<never>(() => undefined);
  });
  const opened = once(() => openStage(options));
  const stage = once(() => Promise.race([cut(), opened()]));
  const caller = once(async () => {
    const { http, identity, skew } = await stage();
    const { profile } = options;
    return Promise.race([cut(), askCaller({ identity, http, skew, profile, clock: systemClock })]);
  });
  const read = async () => {
    const { context, directory, identity } = await stage();
    const region = { region: identity.region, isEmulated: hasEmulator() };
    try {
      return await readStageManifest(directory, options.stage, undefined, region);
    } catch (error) {
      const explained = explainDirectory(error, context);
      const code = explained instanceof LiveDebugError ? explained.code : undefined;
      // STS may be unreachable, and then that check has passed.
      if (isRefusal(explained) && (await caller().then(() => false, isRefusal))) throw seen('credentials');
      if (code === 'LD_DIRECTORY' && !(error instanceof DirectoryRefusal)) {
        const problem = vitalProblem(await network());
        if (problem) throw seen(problem.check);
      }
      throw explained;
    }
  };
  const manifest = once(() => Promise.race([cut(), read()]));
  const deployed = once(async () => {
    const { context, http, identity } = await stage();
    const { functionNames, functions, relayUrl, stubSha256, wrapperLayer } = await manifest();
    const asked = functions.map(({ name, wrap }) => ({
      functionName: functionNames.get(name) ?? name,
      expected: {
        ...{ stage: options.stage, name, table: context.tableName, relayUrl },
        ...{ codeSha256: stubSha256, wrap, wrapperLayer },
      },
    }));
    return readDeployed(asked, identity, http);
  });
  const close = async () => (await opened.begun()?.catch(() => undefined))?.http.close();
  return { network, stage, caller, manifest, deployed, close };
}

function vitalProblem(reached: readonly Reach[]): Reach['problem'] {
  return reached.find(({ isVital, problem }) => isVital && problem)?.problem;
}

/** Whether AWS does not accept the credentials, or the signature's time. */
export function isRefusal(error: unknown): boolean {
  return error instanceof LiveDebugError && (error.code === 'LD_CREDENTIALS' || error.code === 'LD_CLOCK');
}

function once<Part>(begin: () => Promise<Part>) {
  let begun: Promise<Part> | undefined;
  const part = () => {
    begun ??= begin();
    // Whoever needs it is told.
    begun.catch(() => undefined);
    return begun;
  };
  return Object.assign(part, { begun: () => begun });
}
