// Permissions in the embedded cloud: local principals and their IAM policies, as the module writes them.
import { randomBytes } from 'node:crypto';
import { clientAttributes, manifestPartition, tunnelAttributes } from '../../../../protocol/directory.ts';
import { localKeyPrefix } from '../../worker/runtime-api/local-credentials.ts';
import type { Credentials } from '../cloud.ts';

export const accountId = '000000000000';
export const region = 'us-east-1';
/** The relay's and the HTTP API's ids, as they appear in ARNs and events. */
const relayApiId = 'localrelay';
export const httpApiId = 'localhttp0';
export const relayStage = 'live';

/** An `Allow` statement; `*` in actions and resources matches any text. */
export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** The condition `ForAllValues:StringEquals` on `dynamodb:LeadingKeys`. */
  readonly leadingKeys?: readonly string[];
  /** The condition `ForAllValues:StringEquals` on `dynamodb:Attributes`. */
  readonly attributes?: readonly string[];
}

/** The condition keys that DynamoDB derives from a request, as far as known. */
export interface RequestContext {
  /** `dynamodb:LeadingKeys`: the partitions that the request touches. */
  readonly partitions: readonly string[];
  /** `dynamodb:Attributes` of a write: those of the item or key, and those in its expressions. */
  readonly attributes: readonly string[];
}

/** An identity with keys. */
export interface Principal {
  readonly arn: string;
  /** AWS's unique id of the role, and the session's name: `AROA...:local`. */
  readonly id: string;
  readonly credentials: Credentials;
  readonly policy: readonly Statement[];
}

const writeActions = ['PutItem', 'UpdateItem'].map((name) => `dynamodb:${name}`);
/** What a durable function does with its own executions; also for those who answer its callbacks. */
const durableActions = [
  'lambda:CheckpointDurableExecution',
  'lambda:GetDurableExecution',
  'lambda:GetDurableExecutionState',
  'lambda:SendDurableExecutionCallback*',
  'lambda:StopDurableExecution',
];
const readActions = ['GetItem', 'Query', 'BatchGetItem'].map((name) => `dynamodb:${name}`);

export function tableArn(tableName: string): string {
  return `arn:aws:dynamodb:${region}:${accountId}:table/${tableName}`;
}

/** `qualifier` is a version, an alias or `$LATEST`. */
export function functionArn(functionName: string, qualifier?: string): string {
  const suffix = qualifier === undefined ? '' : `:${qualifier}`;
  return `arn:aws:lambda:${region}:${accountId}:function:${functionName}${suffix}`;
}

/** `path` is `$connect` or `METHOD/@connections/{id}`. */
export function relayArn(path: string): string {
  return `arn:aws:execute-api:${region}:${accountId}:${relayApiId}/${relayStage}/${path}`;
}

/** The ARN of a route of the HTTP API; `path` is `METHOD/path`. */
export function httpApiArn(path: string): string {
  return `arn:aws:execute-api:${region}:${accountId}:${httpApiId}/$default/${path}`;
}

/** `requestContext.authorizer` of a request that the principal signed. */
export function iamAuthorizer({ arn, credentials, id }: Principal): object {
  return {
    iam: {
      accessKey: credentials.accessKeyId,
      accountId,
      callerId: id,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: arn,
      userId: id,
    },
  };
}

/**
 * A developer of the stage: may serve it through a client item, read its manifest and its functions' configurations, invoke its
 * functions, and do what its event sources allow (`sources`).
 */
export function createDeveloper(
  tableName: string,
  stage: string,
  sources: readonly Statement[] = [],
  hasTunnel = false,
): Principal {
  const resources = [tableArn(tableName)];
  const attributes = hasTunnel ? tunnelAttributes : clientAttributes;
  return createPrincipal('live-debug-developer/local', [
    ...relayStatements(),
    { actions: ['dynamodb:DescribeTable'], resources },
    { actions: readActions, resources, leadingKeys: [stage, manifestPartition(stage)] },
    { actions: writeActions, resources, leadingKeys: [stage], attributes },
    { actions: ['dynamodb:DeleteItem'], resources, leadingKeys: [stage] },
    { actions: ['lambda:GetFunctionConfiguration'], resources: ['*'] },
    ...invokeStatements(),
    ...sources,
  ]);
}

/** The identity that runs Terraform: may write anything to the directory's table. */
export function createDeployer(tableName: string): Principal {
  return createPrincipal('live-debug-deployer/local', [
    { actions: ['dynamodb:*'], resources: [tableArn(tableName)] },
  ]);
}

/**
 * The stubs' execution role: may post to the relay and read its own stage's partition. Handlers run with it as well, so it has
 * the usual permissions of a development stage's role; missing permissions of a function's own role only show on AWS.
 */
export function createStubRole(
  tableName: string,
  stage: string,
  sources: readonly Statement[] = [],
): Principal {
  return createPrincipal(`live-debug-stub-${stage}/local`, [
    ...relayStatements(),
    { actions: readActions, resources: [tableArn(tableName)], leadingKeys: [stage] },
    ...invokeStatements(),
    ...sources,
  ]);
}

/** The execution role of the stage's tunnel function: as a stub's, without anything that belongs to the functions' code. */
export function createTunnelRole(tableName: string, stage: string): Principal {
  return createPrincipal(`live-debug-tunnel-${stage}/local`, [
    ...relayStatements(),
    { actions: readActions, resources: [tableArn(tableName)], leadingKeys: [stage] },
  ]);
}

/** An assumed role with random keys; `name` is role/session. */
export function createPrincipal(name: string, policy: readonly Statement[]): Principal {
  return {
    arn: `arn:aws:sts::${accountId}:assumed-role/${name}`,
    id: `AROA${randomBytes(9).toString('hex').slice(0, 17).toUpperCase()}:${name.split('/').at(-1)}`,
    credentials: {
      accessKeyId: `${localKeyPrefix}${randomBytes(5).toString('hex').slice(0, 9).toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
    },
    policy,
  };
}

function relayStatements(): Statement[] {
  return [
    { actions: ['execute-api:Invoke'], resources: [relayArn('$connect')] },
    { actions: ['execute-api:ManageConnections'], resources: [relayArn('POST/@connections/*')] },
  ];
}

function invokeStatements(): Statement[] {
  return [
    { actions: ['lambda:InvokeFunction', ...durableActions], resources: ['*'] },
    { actions: ['execute-api:Invoke'], resources: [httpApiArn('*')] },
  ];
}

/**
 * AWS's refusal, worded as by AWS, or undefined if a statement allows the call. Without a `context` (not known yet, or none)
 * conditions are not checked.
 */
export function refusalOf(
  principal: Principal,
  action: string,
  resource: string,
  { partitions, attributes }: RequestContext = { partitions: [], attributes: [] },
): string | undefined {
  const allowed = principal.policy.some(
    (statement) =>
      statement.actions.some((pattern) => matches(pattern, action)) &&
      statement.resources.some((pattern) => matches(pattern, resource)) &&
      partitions.every((key) => statement.leadingKeys?.includes(key) ?? true) &&
      attributes.every((name) => statement.attributes?.includes(name) ?? true),
  );
  if (allowed) return undefined;
  return `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
}

/** IAM's `*`; our policies only use it at the end of a pattern. */
function matches(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
}
