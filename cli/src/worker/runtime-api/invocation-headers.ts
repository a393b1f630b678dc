// [5] An invocation as the headers of the Runtime API's answer to `next`.
import type { Invocation } from '../contract.ts';

/** Everything but the event, which is the body. */
export function invocationHeaders(
  invocation: Omit<Invocation, 'key' | 'functionName' | 'instance' | 'timeoutSeconds' | 'environment'>,
): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'Content-Type': 'application/json',
    'Content-Length': invocation.event.byteLength,
    'Lambda-Runtime-Aws-Request-Id': headerText(invocation.id),
    'Lambda-Runtime-Deadline-Ms': Math.floor(invocation.deadlineMs),
    'Lambda-Runtime-Invoked-Function-Arn': headerText(invocation.invokedFunctionArn),
  };
  if (invocation.traceId !== undefined) headers['Lambda-Runtime-Trace-Id'] = headerText(invocation.traceId);
  if (invocation.clientContext !== undefined) {
    headers['Lambda-Runtime-Client-Context'] = headerJson(invocation.clientContext);
  }
  if (invocation.cognitoIdentity !== undefined) {
    headers['Lambda-Runtime-Cognito-Identity'] = headerJson(invocation.cognitoIdentity);
  }
  if (invocation.tenantId !== undefined) {
    headers['Lambda-Runtime-Aws-Tenant-Id'] = headerText(invocation.tenantId);
  }
  return headers;
}

/** Longer than any AWS id, ARN or trace; a message may contain anything. */
const maxHeaderLength = 2048;

/** Replaces what Lambda itself never sends: a header with a control character would not be sent at all. */
function headerText(value: string): string {
  return value.slice(0, maxHeaderLength).replace(/[^\x20-\x7e]/g, '?');
}

/** JSON text as a header value: UTF-8 on the wire, as on AWS, without the bytes that HTTP forbids. */
function headerJson(json: string): string {
  // JSON has raw control characters only between tokens, and a raw DEL only in strings.
  const legal = json.replace(/[^\x20-\uffff]/g, ' ').replace(/\u007f/g, '\\u007f');
  return Buffer.from(legal, 'utf8').toString('latin1');
}
