// What the checks of a stage have in common: each part is opened or read once. What one check reports, no other reports again.
import { systemClock } from '../../../protocol/clock.ts';
import { DirectoryRefusal } from '../../../protocol/directory.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
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
  const begunMs = systemClock.now();
  /** Rejects with `late` once this share of the bound is over since the beginning. That receives the share in words. */
  const bounded = async <Part>(work: Promise<Part>, share: number, late: (bound: string) => Error) => {
    const leftMs = Math.max(0, begunMs + boundMs * share - systemClock.now());
    const ended = await within(
      systemClock,
      leftMs,
      work.then((part) => ({ part })),
      { background: true },
    );
    if (ended === undefined) throw late(`${(boundMs * share) / 1000} s`);
    return ended.part;
  };
  const network = once(async () => reachAws(await resolveRegion(options), boundMs * 0.6));
  /** Rejects as soon as the check of the network has found why nothing else can work. */
  const cut = once(async () => {
    const problem = vitalProblem(await network().catch(() => []));
    return problem ? Promise.reject(seen(problem.check)) : new Promise<never>(() => undefined);
  });
  const opened = once(() => openStage(options));
  // Each is given up a little before the checks are, so that one of them says why and the others name it.
  const stage = once(() =>
    Promise.race([
      cut(),
      bounded(opened(), 0.8, (bound) => {
        const message = `no AWS credentials within ${bound}`;
        const remedy = 'does a program or a login that the profile names wait? Pass another --profile';
        return new LiveDebugError('LD_CREDENTIALS', message, { remedy });
      }),
    ]),
  );
  const caller = once(async () => {
    const { http, identity, skew } = await stage();
    const { profile } = options;
    const asked = askCaller({ identity, http, skew, profile, clock: systemClock });
    return Promise.race([cut(), bounded(asked, 0.7, (bound) => silent('sts', bound))]);
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
  const manifest = once(() =>
    Promise.race([cut(), bounded(read(), 0.9, (bound) => silent('dynamodb', bound))]),
  );
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

function silent(service: string, bound: string): LiveDebugError {
  const remedy = `check the network and HTTPS_PROXY: ${service} can be connected to, but nothing comes back`;
  return new LiveDebugError('LD_AWS', `no answer from ${service} within ${bound}`, { remedy });
}

function once<Part>(begin: () => Promise<Part>) {
  let begun: Promise<Part> | undefined;
  const part = () => {
    begun ??= begin();
    // Each caller handles the rejection; without one it must not end the process.
    begun.catch(() => undefined);
    return begun;
  };
  return Object.assign(part, { begun: () => begun });
}
