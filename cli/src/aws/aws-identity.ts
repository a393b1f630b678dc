// The AWS credentials and the Region, resolved as by every AWS tool, with one clear error if that fails.
import type { Agent } from 'node:https';
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { within } from '../../../protocol/within.ts';
import { loadAwsCredentials } from './load-aws-credentials.ts';
import { proxyAgent } from './proxy-agents.ts';
import { howToSignIn } from './sign-in.ts';

export interface IdentityOptions {
  /** `--profile`; default `AWS_PROFILE`, then `default`. */
  readonly profile: string | undefined;
  /** `--region`; default `AWS_REGION`, `AWS_DEFAULT_REGION`, then the profile's. */
  readonly region: string | undefined;
}

/** How to sign for AWS from this machine. */
export interface AwsIdentity {
  readonly region: string;
  /** Cached while valid, and resolved again before they expire. Rejects with LD_CREDENTIALS. */
  readonly credentials: () => Promise<AwsCredentials>;
}

/** Resolving may ask a browser login's cache, a program or a metadata service; longer than this is a hang. */
const credentialsBoundMs = 30_000;

/** The Region to use, by flag, environment or profile. Rejects with LD_REGION. */
export async function resolveRegion(options: IdentityOptions): Promise<string> {
  const region =
    options.region ??
    process.env.AWS_REGION ??
    process.env.AWS_DEFAULT_REGION ??
    (await profileRegion(options.profile ? { profile: options.profile } : {}));
  if (!region) {
    throw new LiveDebugError('LD_REGION', `no AWS Region is set${profileWords(options.profile)}`, {
      remedy: 'pass --region, set AWS_REGION, or run: aws configure set region eu-west-1',
    });
  }
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) {
    throw new LiveDebugError('LD_REGION', `${JSON.stringify(region)} is not a valid AWS Region`, {
      remedy: 'pass a Region such as --region eu-west-1',
    });
  }
  return region;
}

/** Resolves Region and credentials once, so that a mistake shows before anything starts. Rejects with LD_REGION or LD_CREDENTIALS. */
export async function resolveIdentity(options: IdentityOptions): Promise<AwsIdentity> {
  const profile = options.profile ? { profile: options.profile } : {};
  const region = await resolveRegion(options);
  // With --profile, keys in the environment must not win over the profile that was asked for.
  // SSO and roles send requests to AWS themselves, through the proxy like all others.
  const agent = proxyAgent(new URL(`https://sts.${region}.amazonaws.com`));
  const { defaultProvider, NodeHttpHandler } = loadAwsCredentials();
  const requestHandler = new NodeHttpHandler(agent ? { httpsAgent: agent as Agent } : {});
  const clientConfig = { region, requestHandler };
  const provider = defaultProvider({ ...profile, clientConfig, parentClientConfig: clientConfig });
  const credentials = async () => {
    try {
      return await bounded(provider());
    } catch (cause) {
      throw await credentialsError(options.profile, cause);
    }
  };
  await credentials();
  return { region, credentials };
}

async function profileRegion(profile: { profile?: string }): Promise<string | undefined> {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } = loadAwsCredentials();
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...profile })();
  } catch {
    return undefined;
  }
}

async function bounded<T extends object>(work: Promise<T>): Promise<T> {
  const answer = await within(systemClock, credentialsBoundMs, work);
  if (answer === undefined) throw new Error(`no answer within ${credentialsBoundMs / 1000} s`);
  return answer;
}

/** The provider chain's message names sources and profiles, never a key. */
async function credentialsError(profile: string | undefined, cause: unknown): Promise<LiveDebugError> {
  const message = messageOf(cause);
  const remedy = /ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN/.test(message)
    ? 'check the network and HTTPS_PROXY'
    : await howToSignIn(profile);
  return new LiveDebugError('LD_CREDENTIALS', `no AWS credentials${profileWords(profile)}: ${message}`, {
    remedy,
    cause,
  });
}

function profileWords(profile: string | undefined): string {
  return profile ? ` for profile ${profile}` : '';
}
