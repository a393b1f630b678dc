// [4] Which variables this machine may set for functions.
import { isSetByLambda } from './sent-variables.ts';

const nameForm = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;
/** They would give a function this machine's own account in place of its role. */
const accountNames = new Set([
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
]);

/** Why a variable cannot be set here, as the end of a sentence; undefined if it can. */
export function whyNotSet(name: string): string | undefined {
  if (!nameForm.test(name)) return 'is not a variable name: letters, digits and _, no digit first';
  if (isSetByLambda(name)) return 'is set by Lambda';
  return accountNames.has(name) ? 'would replace the function’s own credentials' : undefined;
}

/** `--env [FUNCTION:]NAME=VALUE`. */
export interface GivenVariable {
  /** Undefined: for every function. */
  readonly functionName: string | undefined;
  readonly name: string;
  readonly value: string;
}

/** `--env [FUNCTION:]@FILE`, or `--env-file FILE`. */
export interface NamedFile {
  /** Undefined: for every function. */
  readonly functionName: string | undefined;
  /** As it was given. */
  readonly file: string;
}

/** Reads a value of `--env`, or gives the rest of a sentence that begins with `--env`; the value is in no message. */
export function parseVariable(text: string): GivenVariable | NamedFile | string {
  const [, whose, file] = /^(?:([a-zA-Z0-9_-]{1,64}):)?@(.+)$/s.exec(text) ?? [];
  if (file !== undefined) return { functionName: whose, file };
  const end = text.indexOf('=');
  if (end < 1)
    return ' must be NAME=VALUE or @FILE, or FUNCTION:NAME=VALUE or FUNCTION:@FILE for one function';
  const [, functionName, name = ''] = /^(?:([a-zA-Z0-9_-]{1,64}):)?(.*)$/s.exec(text.slice(0, end)) ?? [];
  const why = whyNotSet(name);
  if (why !== undefined) return `: ${JSON.stringify(name.slice(0, 80))} ${why}`;
  return { functionName, name, value: text.slice(end + 1) };
}
