// [5] An invocation as the headers of the Runtime API's answer to `next`.
import type { Invocation } from './invocation.ts';

/** All but the event, which is the body. */
export function invocationHeaders(
  invocation: Omit<Invocation, 'key' | 'functionName' | 'instance' | 'timeoutSeconds' | 'environment'>,
): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'Content-Type': 'application/json',
    'Content-Length': invocation.event.byteLength,
    'Lambda-Runtime-Aws-Request-Id': invocation.id,
    'Lambda-Runtime-Deadline-Ms': Math.floor(invocation.deadlineMs),
    'Lambda-Runtime-Invoked-Function-Arn': invocation.invokedFunctionArn,
  };
  if (invocation.traceId !== undefined) headers['Lambda-Runtime-Trace-Id'] = invocation.traceId;
  if (invocation.clientContext !== undefined) {
    headers['Lambda-Runtime-Client-Context'] = headerJson(invocation.clientContext);
  }
  if (invocation.cognitoIdentity !== undefined) {
    headers['Lambda-Runtime-Cognito-Identity'] = headerJson(invocation.cognitoIdentity);
  }
  if (invocation.tenantId !== undefined) headers['Lambda-Runtime-Aws-Tenant-Id'] = invocation.tenantId;
  return headers;
}

/** JSON text as a header value: UTF-8 on the wire, as on AWS, without the bytes HTTP forbids. */
function headerJson(json: string): string {
  // Raw line breaks occur only between JSON's tokens, a raw DEL only inside its strings.
  const legal = json.replace(/[\r\n]+/g, ' ').replace(/\u007f/g, '\\u007f');
  return Buffer.from(legal, 'utf8').toString('latin1');
}
