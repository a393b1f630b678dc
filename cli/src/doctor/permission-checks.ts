// Tries the permissions of the module's developer policy, and has IAM simulate those of which a try would have an effect.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, DirectoryRefusal } from '../../../protocol/directory.ts';
import { parseJson } from '../../../protocol/json.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { Signer } from '../../../protocol/signature.ts';
import { endpointOf, hasEmulator } from '../aws/endpoints.ts';
import { fewAtOnce } from '../aws/few-at-once.ts';
import { policySimulator } from '../aws/simulate-policy.ts';
import type { Stage } from '../aws/stage.ts';
import { type Check, developerPolicy, type Finding, fail, needed, pass, some, warn } from './check.ts';
import { type Publishing, publishedResources } from './published-resources.ts';
import type { StageParts } from './stage-parts.ts';

/** Calls to one service at once. */
const atOnce = 12;
/** A stage with more sources has most of them by the same pattern of names. */
const mostSimulated = 40;

/** The answer to one try, on one resource. */
type Tried =
  | { readonly kind: 'allowed' }
  /** `words` are AWS's, or name the resource. */
  | { readonly kind: 'refused'; readonly words: string }
  /** `why` continues "not tried: ". */
  | { readonly kind: 'unknown'; readonly why: string; readonly remedy?: string };

/** One finding for each action of the developer policy. Nothing is changed and nothing is published. */
export function permissionsCheck(parts: StageParts): Check {
  return {
    name: 'permission',
    group: 'Stage',
    lateRemedy: 'pass --timeout 10; check the network and HTTPS_PROXY',
    run: async (report) => {
      const stage = await needed(parts.stage(), 'credentials');
      await needed(parts.manifest(), 'table');
      await Promise.all([
        tryTable(stage).then((all) => all.forEach(report)),
        tryConfigurations(parts, stage).then((finding) => finding && report(finding)),
        tryInvoke(parts, stage).then((finding) => finding && report(finding)),
        tryPublishing(parts, stage).then((all) => all.forEach(report)),
      ]);
    },
  };
}

/** What the simulation needs. */
const simulation = 'iam:SimulatePrincipalPolicy and iam:GetRole';

const impossible = 'attribute_exists(#key) AND attribute_not_exists(#key)';

/** Writes to the stage's own partition with a condition that cannot hold. */
async function tryTable({ context, directory }: Stage): Promise<Finding[]> {
  const key = { stage: { S: context.stage }, item: { S: `client#doctor-${randomUUID()}` } };
  const condition = { ConditionExpression: impossible, ExpressionAttributeNames: { '#key': 'stage' } };
  const tries: [string, () => Promise<unknown>][] = [
    // There is no such item.
    ['GetItem', () => directory.call('GetItem', { Key: key })],
    ['Query', () => directory.clients(context.stage)],
    ['PutItem', () => directory.call('PutItem', { Item: key, ...condition })],
    ['UpdateItem', () => directory.call('UpdateItem', { Key: key, ...condition })],
    ['DeleteItem', () => directory.call('DeleteItem', { Key: key, ...condition })],
  ];
  return Promise.all(
    tries.map(async ([name, attempt]) => {
      const tried = await tryWrite(attempt);
      return finding(`dynamodb:${name}`, [tried], `table ${context.tableName}`);
    }),
  );
}

async function tryWrite(attempt: () => Promise<unknown>): Promise<Tried> {
  try {
    await attempt();
    return { kind: 'allowed' };
  } catch (error) {
    const type = error instanceof DirectoryRefusal ? error.type : '';
    if (type === 'ConditionalCheckFailedException') return { kind: 'allowed' };
    if (type === 'AccessDeniedException') return { kind: 'refused', words: messageOf(error) };
    return { kind: 'unknown', why: messageOf(error) };
  }
}

/** `lambda:GetFunctionConfiguration`, which the check "deployed" calls. */
async function tryConfigurations(
  { deployed, manifest }: StageParts,
  { identity }: Stage,
): Promise<Finding | undefined> {
  // Developers of a stage to observe may not read variables.
  if ((await manifest()).isObserveOnly) return undefined;
  const tried = (await deployed()).flatMap(({ error, found }): Tried[] => {
    if (error === undefined) return [{ kind: 'allowed' }];
    if (!(error instanceof LiveDebugError) || error.code !== 'LD_PERMISSION') return [];
    return [{ kind: 'refused', words: withResource(messageOf(error), found.function_name, identity.region) }];
  });
  return tried.length === 0 ? undefined : finding('lambda:GetFunctionConfiguration', tried, 'functions');
}

/** AWS names principal, action and ARN; something between here and AWS may not. */
function withResource(words: string, functionName: string, region: string): string {
  return words.includes('arn:') && words.includes(functionName)
    ? words
    : `${words || 'AWS gives no reason'} (function ${functionName} in ${region})`;
}

/** Lambda checks the permission and runs nothing: `DryRun`, for every function, and for the functions of tunnels. */
async function tryInvoke({ manifest }: StageParts, stage: Stage): Promise<Finding | undefined> {
  const { functionNames, functions, isObserveOnly, tunnels } = await manifest();
  const asked: { readonly name: string; readonly qualifier?: string | undefined }[] = [
    // Observers have no permission to invoke.
    ...(isObserveOnly
      ? []
      : functions.map(({ name, qualifier }) => ({ name: functionNames.get(name) ?? name, qualifier }))),
    ...[...tunnels.values()].map(({ functionName }) => ({ name: functionName })),
  ];
  const tried = await fewAtOnce(asked, atOnce, ({ name, qualifier }) => dryRun(name, qualifier, stage));
  const known = tried.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : finding('lambda:InvokeFunction', known, 'functions');
}

/**
 * Undefined for a function that does not exist, which the check "deployed" reports.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (InvocationType)
 */
async function dryRun(
  functionName: string,
  qualifier: string | undefined,
  { http, identity }: Stage,
): Promise<Tried | undefined> {
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const url = new URL(path, endpointOf('lambda', identity.region));
  if (qualifier !== undefined) url.searchParams.set('Qualifier', qualifier);
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'DryRun' };
  const request = { method: 'POST', url, headers, body: '{}' };
  const signer = new Signer({ service: 'lambda', region: identity.region });
  try {
    const signed = signer.sign(request, await identity.credentials(), systemClock.now());
    const { body, status } = await http.send({ ...request, headers: signed, timeoutMs: 5000 });
    if (status === 204 || status === 200) return { kind: 'allowed' };
    if (status === 404) return undefined;
    const words = wordsOf(body);
    if (status === 403) return { kind: 'refused', words: withResource(words, functionName, identity.region) };
    return { kind: 'unknown', why: `Lambda answers ${status} for ${functionName}: ${words}` };
  } catch (error) {
    return { kind: 'unknown', why: messageOf(error) };
  }
}

function wordsOf(body: Buffer): string {
  const answer = parseJson(body) as { Message?: unknown; message?: unknown } | null | undefined;
  return firstLine(String(answer?.Message ?? answer?.message ?? ''));
}

/** What `livectl trigger` publishes with. Only a table can be tried; a message that is sent is received. */
async function tryPublishing({ caller, manifest }: StageParts, stage: Stage): Promise<Finding[]> {
  const { functionNames, isObserveOnly, targets } = await manifest();
  // The policy of a stage to observe has none of these.
  if (isObserveOnly) return [];
  const { http, identity } = stage;
  const arn = await caller().catch(() => undefined);
  const [, partition = 'aws', , , account = ''] = arn?.split(':') ?? [];
  const all = publishedResources({ functionNames, targets }, { partition, account, region: identity.region });
  if (all.length === 0) return [];
  const simulate =
    arn === undefined ? undefined : policySimulator(arn, { identity, http, clock: systemClock });
  const tried = await fewAtOnce(all.slice(0, mostSimulated), atOnce, async (one): Promise<Tried> => {
    if (one.table !== undefined) return tryTableOf(one.table, stage);
    const answer = (await simulate?.(one.action, one.resource)) ?? {
      kind: 'unknown',
      why: hasEmulator()
        ? 'the emulator has no policies that could be simulated'
        : 'whose the credentials are is not known',
    };
    if (answer.kind === 'denied') return { kind: 'refused', words: simulatedWords(one, answer.isExplicit) };
    if (answer.kind === 'allowed') return answer;
    const publish = `publish a message: livectl trigger ${one.source} ${one.functionName} --stage ${stage.context.stage}`;
    const remedy = hasEmulator() && arn === undefined ? publish : `allow ${simulation}, or ${publish}`;
    return { kind: 'unknown', why: `publishing has no dry run, and ${answer.why}`, remedy };
  });
  const byAction = new Map<string, Tried[]>();
  for (const [index, { action }] of all.entries())
    byAction.set(action, [...(byAction.get(action) ?? []), tried[index] ?? tooMany]);
  return [...byAction].map(([action, each]) =>
    // The stage's own table has a finding of that name.
    finding(action, each, 'sources', action === 'dynamodb:PutItem' ? 'sources' : undefined),
  );
}

const tooMany = { kind: 'unknown', why: `only ${mostSimulated} sources are looked at` } as const;

function simulatedWords({ action, resource }: Publishing, isExplicit: boolean): string {
  const why = isExplicit
    ? 'a statement of your policies denies it'
    : 'no statement of your policies allows it, though the resource’s own policy may';
  return `${action} on ${resource}: ${why} (simulated by IAM)`;
}

/** An item with all keys, which a condition that cannot hold keeps from being written. */
async function tryTableOf(
  { keys, name, region }: NonNullable<Publishing['table']>,
  { http, identity }: Stage,
): Promise<Tried> {
  const { credentials } = identity;
  const endpoint = endpointOf('dynamodb', region);
  const table = new Directory({ endpoint, region, tableName: name, http, credentials, clock: systemClock });
  return tryWrite(() =>
    table.call('PutItem', {
      Item: Object.fromEntries(keys.map((key) => [key, { S: `livectl-doctor-${randomUUID()}` }])),
      ConditionExpression: impossible,
      ExpressionAttributeNames: { '#key': keys[0] },
    }),
  );
}

/** All tries of one action as one finding: the worst of them, and on how many resources. */
function finding(action: string, tried: readonly Tried[], what: string, suffix?: string): Finding {
  const check = `permission/${action}${suffix === undefined ? '' : `/${suffix}`}`;
  const refused = tried.flatMap((each) => (each.kind === 'refused' ? [each.words] : []));
  const [first] = refused;
  if (first !== undefined) {
    const more = refused.length > 1 ? `; the same for ${refused.length - 1} more ${what}` : '';
    return fail(check, `refused: ${first}${more}`, `${developerPolicy}; it allows ${action}`);
  }
  const unknown = tried.filter((each) => each.kind === 'unknown');
  const [open] = unknown;
  if (open !== undefined) {
    const of = unknown.length < tried.length ? ` for ${unknown.length} of ${tried.length} ${what}` : '';
    const reasons = [...new Set(unknown.map(({ why }) => why))];
    return warn(check, `not tried${of}: ${some(reasons, 2)}`, open.remedy ?? 'try again, with --timeout 10');
  }
  return pass(check, tried.length === 1 ? 'allowed' : `allowed on ${tried.length} ${what}`);
}
