// Names of headers, JSON keys, variables and fields whose values are secrets.

/** What a secret value is replaced with. */
export const mask = '[masked]';

/** Names that contain one of these; lower case, without punctuation. */
const parts = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'privatekey',
  'apikey',
  'accesskey',
  'signingkey',
  'encryptionkey',
  'credential',
  'authorization',
  'authkey',
  'authtoken',
  'xamzsignature',
];
/** Names that end with one of these. */
const ends = ['token', 'pwd', 'cookie', 'cookies', 'cvv', 'cvc', 'sessionid'];
/** These names. */
const names = ['auth', 'pass', 'passcode', 'otp', 'totp'];
/** They end so, but mark a place in a list or a request. */
const harmless = [
  'nexttoken',
  'continuationtoken',
  'pagetoken',
  'paginationtoken',
  'clienttoken',
  'clientrequesttoken',
  'idempotencytoken',
  'canceltoken',
];
/** What such a name ends with if its value describes a secret. */
const descriptions = [
  'type',
  'name',
  'arn',
  'url',
  'uri',
  'endpoint',
  'count',
  'length',
  'expiry',
  'expires',
  'expiresin',
  'expiresat',
  'expiration',
  'version',
  'versionid',
  'enabled',
  'policy',
  'required',
  'path',
  'usage',
  'limit',
  'scope',
  'scopes',
];
const longestName = 128;

/** The header names and the JSON keys of cookies, whose own names may be kept. */
export function isCookieName(name: string): boolean {
  return /^(?:set-?)?cookies?$/i.test(name);
}

export function isSecretName(name: string): boolean {
  // The shell's working directory.
  if (name.length > longestName || name === 'PWD' || name === 'OLDPWD') return false;
  const plain = name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
  if (plain.endsWith('accesskeyid')) return true;
  if (names.includes(plain)) return true;
  const isNamed = parts.some((part) => plain.includes(part)) || ends.some((end) => plain.endsWith(end));
  return isNamed && ![...harmless, ...descriptions].some((each) => plain.endsWith(each));
}
