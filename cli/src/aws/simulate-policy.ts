// What a principal's policies allow, asked of IAM: for actions that cannot be tried without an effect.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { firstLine, messageOf } from '../../../protocol/live-debug-error.ts';
import { Signer } from '../../../protocol/signature.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { endpointOf, iamRegion } from './endpoints.ts';
import { elementOf } from './xml-element.ts';

/** `unknown` has the reason, which continues "cannot be simulated: ". */
export type Simulated =
  | { readonly kind: 'allowed' }
  /** By a statement that denies, or by no statement that allows. */
  | { readonly kind: 'denied'; readonly isExplicit: boolean }
  | { readonly kind: 'unknown'; readonly why: string };

export interface SimulateOptions {
  readonly identity: AwsIdentity;
  readonly http: HttpClient;
  readonly clock: Clock;
}

const timeoutMs = 2000;

/** The ARN of which IAM knows the policies. */
type PolicySource = { readonly arn: string } | { readonly why: string } | 'root';

/** Asks for the policies of the principal that signs; `caller` is its ARN. Both functions never reject. */
export function policySimulator(caller: string, options: SimulateOptions) {
  const source = policySource(caller, options).catch((error: unknown) => ({ why: messageOf(error) }));
  return async (action: string, resource: string): Promise<Simulated> => {
    const found = await source;
    if (found === 'root') return { kind: 'allowed' };
    if ('why' in found) return { kind: 'unknown', why: found.why };
    try {
      const { problem, text } = await askIam('SimulatePrincipalPolicy', options, {
        PolicySourceArn: found.arn,
        'ActionNames.member.1': action,
        'ResourceArns.member.1': resource,
      });
      const decision = elementOf('EvalDecision', text);
      if (decision === 'allowed') return { kind: 'allowed' };
      if (decision === 'explicitDeny' || decision === 'implicitDeny')
        return { kind: 'denied', isExplicit: decision === 'explicitDeny' };
      return { kind: 'unknown', why: problem ?? 'IAM’s answer has no decision' };
    } catch (error) {
      return { kind: 'unknown', why: messageOf(error) };
    }
  };
}

async function policySource(caller: string, options: SimulateOptions): Promise<PolicySource> {
  const [, partition = 'aws', service, , account = '', ...rest] = caller.split(':');
  const [kind, name = ''] = rest.join(':').split('/');
  if (service === 'iam' && kind === 'root') return 'root';
  if (service === 'iam' && kind === 'user') return { arn: caller };
  if (service !== 'sts' || kind !== 'assumed-role')
    return { why: `${kind || 'this principal'} has no policies of its own in IAM` };
  // The caller's ARN lacks the role's path.
  const { problem, text } = await askIam('GetRole', options, { RoleName: name });
  const arn = elementOf('Arn', text);
  if (problem === undefined && arn !== undefined) return { arn };
  // Roles of IAM Identity Center have a path.
  if (name.startsWith('AWSReservedSSO_')) return { why: problem ?? 'IAM’s answer has no role' };
  return { arn: `arn:${partition}:iam::${account}:role/${name}` };
}

async function askIam(
  action: 'GetRole' | 'SimulatePrincipalPolicy',
  { clock, http, identity }: SimulateOptions,
  fields: Readonly<Record<string, string>>,
): Promise<{ readonly text: string; readonly problem: string | undefined }> {
  const url = new URL('/', endpointOf('iam', identity.region));
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams({ Action: action, Version: '2010-05-08', ...fields })),
  };
  const signer = new Signer({ service: 'iam', region: iamRegion(identity.region) });
  const headers = signer.sign(request, await identity.credentials(), clock.now());
  const response = await http.send({ ...request, headers, timeoutMs });
  const text = response.body.toString('utf8').slice(0, 200_000);
  if (response.status === 200) return { text, problem: undefined };
  const code = elementOf('Code', text);
  if (code === 'AccessDenied') return { text: '', problem: `iam:${action} is refused to you` };
  const words = firstLine(code ?? text);
  return { text: '', problem: `iam:${action} is answered with ${response.status} ${words}`.trim() };
}
