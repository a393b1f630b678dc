// Imports the server certificate of a VPN endpoint into ACM: one signed ImportCertificate, so that its key is in no
// Terraform state.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { Signer } from '../../../protocol/signature.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { endpointOf } from './endpoints.ts';

/** PEM texts. */
interface CertificateToImport {
  readonly certificate: string;
  readonly privateKey: string;
  readonly chain: string;
}

const timeoutMs = 10_000;

const answerSchema = v.object({ CertificateArn: v.string() });
const refusalSchema = v.object({ __type: v.optional(v.string()), message: v.optional(v.string()) });

/** The new certificate's ARN. Rejects with LD_PERMISSION if `acm:ImportCertificate` is refused, otherwise with LD_AWS. */
export async function importCertificate(
  { certificate, chain, privateKey }: CertificateToImport,
  identity: AwsIdentity,
  http: HttpClient,
  clock: Clock,
): Promise<string> {
  const url = new URL('/', endpointOf('acm', identity.region));
  const blob = (text: string) => Buffer.from(text).toString('base64');
  const request = {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'CertificateManager.ImportCertificate',
    },
    body: JSON.stringify({
      Certificate: blob(certificate),
      PrivateKey: blob(privateKey),
      CertificateChain: blob(chain),
    }),
  };
  const signer = new Signer({ service: 'acm', region: identity.region });
  const headers = signer.sign(request, await identity.credentials(), clock.now());
  // Sent twice, it would import two certificates.
  const sent = http.send({ ...request, headers, timeoutMs, repeatable: false });
  const response = await sent.catch((cause: unknown) => {
    throw new LiveDebugError('LD_AWS', `no answer from ${url.host}: ${messageOf(cause)}`, {
      remedy: 'check the network and HTTPS_PROXY',
      cause,
    });
  });
  const text = response.body.toString('utf8');
  const answer = response.status === 200 ? parseJsonAs(answerSchema, text) : undefined;
  if (answer !== undefined) return answer.CertificateArn;
  const refusal = parseJsonAs(refusalSchema, text);
  const words = firstLine(refusal?.message ?? text);
  if (/AccessDenied/.test(refusal?.__type ?? '')) {
    throw new LiveDebugError('LD_PERMISSION', words || 'AWS refused acm:ImportCertificate', {
      remedy: 'ask for acm:ImportCertificate, or hand the command without --import to somebody who has it',
    });
  }
  throw new LiveDebugError('LD_AWS', `ACM refused the certificate: ${response.status} ${words}`, {
    remedy: 'check --region and --profile',
  });
}
