// [1] Whether the caller of an invocation asks for the deployed code, as `livectl invoke --deployed` does.
import type { IncomingMessage } from 'node:http';
import { takeDeployedRequest } from '../../../protocol/deployed-request.ts';

/** What says so is taken out of the message's headers: the function's code sees nothing of it. */
export function askedForDeployed({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const at = rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'lambda-runtime-client-context',
  );
  if (at < 0) return false;
  // Bytes of UTF-8, which Node reads and writes as Latin-1.
  const text = Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString('utf8');
  const { clientContext, isDeployed } = takeDeployedRequest(text);
  if (!isDeployed) return false;
  // HTTP takes no DEL, which JSON leaves as it is.
  const left = clientContext?.replaceAll('\u007f', '\\u007f');
  if (left === undefined) rawHeaders.splice(at, 2);
  else rawHeaders[at + 1] = Buffer.from(left, 'utf8').toString('latin1');
  return true;
}
