// Checks a stage on AWS: who asks, the table, the clock, permissions, the relay, and what is deployed.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../protocol/clock.ts';
import { DirectoryRefusal } from '../../../protocol/directory.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket } from '../../../protocol/relay-socket.ts';
import { Signer } from '../../../protocol/signature.ts';
import { within } from '../../../protocol/within.ts';
import { callerArn } from '../aws/caller-arn.ts';
import { endpointOf, hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { openStage, type Stage, type StageOptions } from '../aws/stage.ts';
import { readStageManifest, type StageManifest } from '../manifest/stage-manifest.ts';
import { deployedFunctions } from '../status/deployed-functions.ts';
import { type Check, fail, NotChecked, pass, some, warn } from './check.ts';

/** Each is opened or read once, for all checks that need it. */
export interface StageParts {
  readonly stage: () => Promise<Stage>;
  readonly manifest: () => Promise<StageManifest>;
  close(): Promise<void>;
}

export function stageParts(options: StageOptions): StageParts {
  let opened: Promise<Stage> | undefined;
  let read: Promise<StageManifest> | undefined;
  const stage = () => {
    opened ??= openStage(options);
    return opened;
  };
  return {
    stage,
    manifest: () => {
      read ??= stage().then(async ({ context, directory, identity }) => {
        const region = { region: identity.region, isEmulated: hasEmulator() };
        return readStageManifest(directory, options.stage, undefined, region).catch((error: unknown) => {
          throw explainDirectory(error, context);
        });
      });
      return read;
    },
    close: async () => (await opened?.catch(() => undefined))?.http.close(),
  };
}

/** What another check reports is not reported again. */
function needed<Part>(part: Promise<Part>, check: string): Promise<Part> {
  return part.catch(() => {
    throw new NotChecked(`see "${check}"`, `fix "${check}" first`);
  });
}

/** Without a stage: nothing fails for want of an account that `serve --local` does not need. */
export function accountCheck(options: Omit<StageOptions, 'stage'>): Check {
  const parts = stageParts({ ...options, stage: 'none' });
  return {
    name: 'credentials',
    group: 'AWS',
    lateRemedy: signIn,
    run: async (report, signal) => {
      try {
        await credentialsCheck(parts, { ...options, stage: 'none' }).run(report, signal);
      } catch (error) {
        report(warn('credentials', `none, so no stage can be served: ${messageOf(error)}`, signIn));
      } finally {
        await parts.close();
      }
    },
  };
}

/** Sign-in of most teams; the profile may be another one. */
const signIn = 'sign in, e.g. aws sso login, or pass another --profile';

export function credentialsCheck({ stage }: StageParts, options: StageOptions): Check {
  return {
    name: 'credentials',
    group: 'AWS',
    late: 'fail',
    lateRemedy: signIn,
    run: async (report) => {
      const { http, identity } = await stage();
      await identity.credentials();
      const whose = options.profile === undefined ? '' : `, profile ${options.profile}`;
      const arn = await callerArn(identity, http, systemClock);
      if (arn === undefined && hasEmulator())
        report(
          pass(
            'credentials',
            `there are some, for the emulator that AWS_ENDPOINT_URL names (${identity.region}${whose})`,
          ),
        );
      else if (arn === undefined)
        report(warn('credentials', `STS does not say whose they are (${identity.region}${whose})`, signIn));
      else report(pass('credentials', `${arn} in ${identity.region}${whose}`));
    },
  };
}

export function tableCheck({ manifest, stage }: StageParts): Check {
  return {
    name: 'table',
    group: 'Stage',
    late: 'fail',
    lateRemedy: 'check the network and HTTPS_PROXY; dynamodb must be reachable',
    run: async (report) => {
      const { context } = await needed(stage(), 'credentials');
      const { functions, isOfModule01 } = await manifest();
      const names = some(functions.map(({ name }) => name));
      if (isOfModule01)
        report(
          warn(
            'table',
            `${context.tableName} was written by version 0.1 of the module`,
            'update the module and apply',
          ),
        );
      else
        report(
          pass('table', `${context.tableName} has the manifest of ${names === '' ? 'no functions' : names}`),
        );
    },
  };
}

/** SigV4 refuses a difference of 5 minutes; livectl's leases are read with both clocks. */
const mostSkewMs = 5000;

export function stageClockCheck({ manifest, stage }: StageParts): Check {
  return {
    name: 'clock',
    group: 'AWS',
    lateRemedy: 'set the clock by network time',
    run: async (report) => {
      const { skew } = await needed(stage(), 'credentials');
      await needed(manifest(), 'table');
      const { estimate } = skew;
      if (estimate === undefined)
        return report(warn('clock', 'AWS’s answers had no time', 'is a proxy changing them?'));
      const { aheadMs, withinMs } = estimate;
      const words = `AWS’s clock is ${Math.abs(Math.round(aheadMs))} ms ${aheadMs < 0 ? 'behind' : 'ahead'} (within ${Math.round(withinMs)} ms)`;
      if (Math.abs(aheadMs) - withinMs > mostSkewMs)
        report(fail('clock', words, 'set this machine’s clock by network time'));
      else report(pass('clock', words));
    },
  };
}

const policy = 'attach developer_policy_json of the module to your role';

/** One finding for each action of the developer policy. Nothing is changed: writes have a condition that cannot hold. */
export function permissionsCheck({ manifest, stage }: StageParts): Check {
  return {
    name: 'permission',
    group: 'Stage',
    lateRemedy: 'check the network and HTTPS_PROXY',
    run: async (report) => {
      const { context, directory, http, identity } = await needed(stage(), 'credentials');
      const { functionNames, functions, isObserveOnly } = await needed(manifest(), 'table');
      const key = { stage: { S: context.stage }, item: { S: `client#doctor-${randomUUID()}` } };
      const tries: [string, () => Promise<unknown>][] = [
        ['dynamodb:Query', () => directory.clients(context.stage)],
        [
          'dynamodb:PutItem',
          () =>
            directory.call('PutItem', {
              Item: key,
              ConditionExpression: impossible,
              ExpressionAttributeNames: names,
            }),
        ],
        [
          'dynamodb:UpdateItem',
          () =>
            directory.call('UpdateItem', {
              Key: key,
              ConditionExpression: impossible,
              ExpressionAttributeNames: names,
            }),
        ],
        [
          'dynamodb:DeleteItem',
          () =>
            directory.call('DeleteItem', {
              Key: key,
              ConditionExpression: impossible,
              ExpressionAttributeNames: names,
            }),
        ],
      ];
      const [first] = functions;
      // Observers have no permission to invoke.
      if (first !== undefined && !isObserveOnly) {
        const name = functionNames.get(first.name) ?? first.name;
        tries.push(['lambda:InvokeFunction', () => dryRun(name, { http, identity })]);
      }
      await Promise.all(
        tries.map(async ([action, attempt]) => {
          try {
            await attempt();
            report(pass(`permission/${action}`, 'allowed'));
          } catch (error) {
            if (error instanceof DirectoryRefusal && error.type === 'ConditionalCheckFailedException')
              return report(pass(`permission/${action}`, 'allowed'));
            const isDenied = /AccessDenied|not authorized|403/.test(
              `${error instanceof DirectoryRefusal ? error.type : ''} ${messageOf(error)}`,
            );
            if (isDenied) report(fail(`permission/${action}`, `refused: ${messageOf(error)}`, policy));
            else report(warn(`permission/${action}`, `not checked: ${messageOf(error)}`, 'try again'));
          }
        }),
      );
    },
  };
}

const impossible = 'attribute_exists(#stage) AND attribute_not_exists(#stage)';
const names = { '#stage': 'stage' };

/** Lambda checks the permission and runs nothing. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (InvocationType) */
async function dryRun(
  functionName: string,
  { http, identity }: Pick<Stage, 'http' | 'identity'>,
): Promise<void> {
  const url = new URL(
    `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
    endpointOf('lambda', identity.region),
  );
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'DryRun' };
  const request = { method: 'POST', url, headers, body: '{}' };
  const signer = new Signer({ service: 'lambda', region: identity.region });
  const signed = signer.sign(request, await identity.credentials(), systemClock.now());
  const { status } = await http.send({ ...request, headers: signed, timeoutMs: 2500 });
  if (status !== 204 && status !== 200) throw new Error(`Lambda answers ${status} for ${functionName}`);
}

/** Posts to one's own connection. */
const roundTrips = 5;
const relayBoundMs = 2000;

export function relayCheck({ manifest, stage }: StageParts): Check {
  return {
    name: 'relay',
    group: 'Stage',
    late: 'fail',
    lateRemedy: 'check the network: does a proxy or firewall let WebSockets to execute-api through?',
    run: async (report) => {
      const { http, identity } = await needed(stage(), 'credentials');
      const { isObserveOnly, relayUrl: url } = await needed(manifest(), 'table');
      const { credentials, region } = identity;
      let arrived: () => void = () => undefined;
      const socket = await openRelaySocket({
        url,
        region,
        credentials: await credentials(),
        clock: systemClock,
        timeoutMs: relayBoundMs,
        onText: () => arrived(),
        onClose: () => undefined,
        connect: { agent: proxyAgent(new URL(url)) },
      }).catch((error: unknown) => {
        const remedy =
          'check the network: a proxy must let WebSockets through, and a VPC endpoint for execute-api with private DNS hides public APIs';
        report(fail('relay', `${new URL(url).host} cannot be connected to: ${messageOf(error)}`, remedy));
      });
      if (socket === undefined) return;
      try {
        if (isObserveOnly)
          return report(pass('relay', 'it can be connected to; on a stage to observe, only functions post'));
        const poster = new RelayPoster({ url, region, http, credentials, clock: systemClock });
        const times: number[] = [];
        for (let count = 0; count < roundTrips; count++) {
          const text = new Promise<true>((resolve) => {
            arrived = () => resolve(true);
          });
          const startedMs = performance.now();
          const posted = await poster.post(socket.connectionId, ['doctor'], systemClock.now() + relayBoundMs);
          if (posted.kind !== 'delivered')
            return report(
              fail(
                'relay',
                `a post to the relay is answered with ${posted.kind}`,
                `execute-api:ManageConnections: ${policy}`,
              ),
            );
          if ((await within(systemClock, relayBoundMs, text)) === undefined)
            return report(
              fail(
                'relay',
                'a post was accepted and has not arrived',
                'try again; does a proxy hold messages back?',
              ),
            );
          times.push(performance.now() - startedMs);
        }
        times.sort((one, other) => one - other);
        report(
          pass(
            'relay',
            `a round trip takes ${Math.round(times[Math.floor(times.length / 2)] ?? 0)} ms (median of ${roundTrips})`,
          ),
        );
      } finally {
        socket.close();
      }
    },
  };
}

/** One finding for each function that is not as the stage says, and one for all others. */
export function deployedCheck({ manifest, stage }: StageParts, options: StageOptions): Check {
  return {
    name: 'deployed',
    group: 'Stage',
    lateRemedy: 'run livectl status, which waits longer',
    run: async (report) => {
      const { context, http, identity } = await needed(stage(), 'credentials');
      const {
        functionNames,
        functions,
        relayUrl,
        stubSha256: codeSha256,
        wrapperLayer,
      } = await needed(manifest(), 'table');
      const asked = functions.map(({ name, wrap }) => ({
        functionName: functionNames.get(name) ?? name,
        expected: {
          stage: options.stage,
          name,
          table: context.tableName,
          relayUrl,
          codeSha256,
          wrap,
          wrapperLayer,
        },
      }));
      const good: string[] = [];
      for (const { function_name: name, problems, remedy, state } of await deployedFunctions(
        asked,
        identity,
        http,
      )) {
        const message = [
          state === 'unknown' ? 'not checked' : `it is ${words[state] ?? state}`,
          ...problems,
        ].join('; ');
        if ((state === 'stub' || state === 'wrapped') && problems.length === 0) good.push(name);
        else if (state === 'unknown' || state === 'updating' || state === 'stub' || state === 'wrapped')
          report(warn(`deployed/${name}`, message, remedy ?? 'run terraform apply'));
        else report(fail(`deployed/${name}`, message, remedy ?? 'run terraform apply'));
      }
      if (good.length > 0) report(pass('deployed', `as the stage says: ${some(good, 6)}`));
    },
  };
}

const words: Readonly<Record<string, string>> = {
  stub: 'a stub of the stage',
  wrapped: 'wrapped for the stage',
  own: 'not live: its own package runs',
  half: 'half changed by an update that failed',
  other: 'a stub of another stage',
  updating: 'being updated',
  missing: 'missing',
  unwrapped: 'not wrapped completely, so its deployed code answers',
};

/** Who serves now. */
export function clientsCheck({ stage }: StageParts): Check {
  return {
    name: 'clients',
    group: 'Stage',
    lateRemedy: 'run livectl status',
    run: async (report) => {
      const { context, directory } = await needed(stage(), 'credentials');
      const clients = await needed(directory.clients(context.stage), 'table');
      const live = clients.filter(({ expiresAt }) => expiresAt * 1000 > systemClock.now());
      if (live.length === 0) return report(pass('clients', 'nobody serves the stage'));
      report(
        pass(
          'clients',
          `${live.length === 1 ? 'one livectl serves' : `${live.length} livectls serve`} the stage`,
        ),
      );
    },
  };
}
