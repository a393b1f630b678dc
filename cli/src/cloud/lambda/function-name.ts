// The Lambda host: a function as callers name it, by name or ARN, with a version or alias.

export interface QualifiedName {
  readonly name: string;
  /** A version, an alias or `$LATEST`; undefined if none was given. */
  readonly qualifier: string | undefined;
}

const arnStart = /^(?:arn:aws:lambda:[^:]*:)?[^:]*:function:/;

/**
 * Accepts `NAME`, `NAME:QUALIFIER`, `ACCOUNT:function:NAME` and ARNs, each with or without a qualifier, as the Invoke API does.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function qualifiedName(called: string): QualifiedName {
  const [name = '', qualifier] = called.replace(arnStart, '').split(':');
  return { name, qualifier: qualifier || undefined };
}
