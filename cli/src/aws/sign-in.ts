// How to get new credentials: what the profile in use says about where they come from.
import process from 'node:process';
import { loadAwsCredentials } from './load-aws-credentials.ts';

/** Of a chain of `source_profile`, so many are followed. */
const mostProfiles = 5;

/**
 * What to do if AWS does not accept the credentials, or there are none. `profile` is that of `--profile`; without it AWS_PROFILE,
 * keys in the environment and `default` count, in this order. Never rejects.
 */
export async function howToSignIn(profile: string | undefined): Promise<string> {
  const named = profile ?? (process.env.AWS_PROFILE || undefined);
  if (named === undefined && process.env.AWS_ACCESS_KEY_ID)
    return 'set new keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or unset these to use a profile';
  const profiles = await readProfiles();
  let name = named ?? 'default';
  for (let followed = 0; followed < mostProfiles; followed++) {
    const settings = profiles.get(name);
    if (settings === undefined) break;
    const flag = name === 'default' ? '' : ` --profile ${name}`;
    if (settings.sso_session || settings.sso_start_url) return `run: aws sso login${flag}`;
    if (settings.login_session) return `run: aws login${flag}`;
    if (settings.credential_process)
      return `sign in to the program that credential_process of profile ${name} names`;
    if (settings.aws_access_key_id) return `run: aws configure${flag}, with new keys`;
    if (!settings.source_profile || settings.source_profile === name) break;
    name = settings.source_profile;
  }
  if (named !== undefined && !profiles.has(named)) {
    const others = [...profiles.keys()].slice(0, 10).join(', ');
    return others === ''
      ? `there is no profile ${named}: create it with aws configure sso --profile ${named}`
      : `there is no profile ${named}; --profile can name: ${others}`;
  }
  const which = named === undefined ? '' : ` --profile ${named}`;
  return `name a profile with --profile, run: aws sso login${which}, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
}

type Settings = Readonly<Record<string, string | undefined>>;

/** By name, of both files. */
async function readProfiles(): Promise<ReadonlyMap<string, Settings>> {
  const profiles = new Map<string, Settings>();
  try {
    const { configFile, credentialsFile } = await loadAwsCredentials().loadSharedConfigFiles();
    for (const file of [credentialsFile, configFile])
      for (const [name, settings] of Object.entries(file))
        if (!/^(sso-session|services)\./.test(name))
          profiles.set(name, { ...settings, ...profiles.get(name) });
  } catch {
    // No file, or none that can be read.
  }
  return profiles;
}
