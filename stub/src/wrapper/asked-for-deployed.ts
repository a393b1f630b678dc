// [1] Whether the caller of an invocation asks for the deployed code, as `livectl invoke --deployed` does.
import type { IncomingMessage } from 'node:http';
import { takeDeployedRequest } from '../../../protocol/deployed-request.ts';

/** Removes the request from the message's headers, so that the function's code does not see it. */
export function askedForDeployed({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const at = rawHeaders.findIndex(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'lambda-runtime-client-context',
  );
  if (at < 0) return false;
  // The header is UTF-8; Node reads and writes its bytes as Latin-1.
  const text = Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString('utf8');
  const { clientContext, isDeployed } = takeDeployedRequest(text);
  if (!isDeployed) return false;
  // JSON does not escape DEL, which HTTP headers must not contain.
  const left = clientContext?.replaceAll('\u007f', '\\u007f');
  if (left === undefined) rawHeaders.splice(at, 2);
  else rawHeaders[at + 1] = Buffer.from(left, 'utf8').toString('latin1');
  return true;
}
