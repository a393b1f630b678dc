// Values that look like secrets wherever they are: keys and tokens of known services, private keys, passwords in URLs.
import { type Edit, masked } from './edits.ts';

/** The characters of a token after its prefix. */
const word = /[A-Za-z0-9_-]/;
const dotted = /[A-Za-z0-9_.-]/;
const base64 = /[A-Za-z0-9+/=_-]/;

interface TokenKind {
  readonly prefix: string;
  readonly characters: RegExp;
  /** Of the whole token. */
  readonly least: number;
  readonly fits?: (token: string) => boolean;
}

const hasDigit = (token: string) => /\d/.test(token);

const kinds: readonly TokenKind[] = [
  // AWS: access keys, then session tokens.
  ...['AKIA', 'ASIA'].map((prefix) => ({
    prefix,
    characters: word,
    least: 20,
    fits: (token: string) => /^[A-Z0-9]{20}$/.test(token),
  })),
  ...['IQoJb3JpZ2lu', 'FwoGZXIvYXdz', 'FQoGZXIvYXdz'].map((prefix) => ({
    prefix,
    characters: base64,
    least: 60,
  })),
  // JSON web tokens: the head is base64 of `{"`.
  {
    prefix: 'eyJ',
    characters: dotted,
    least: 30,
    fits: (token) => token.split('.', 3).length === 3,
  },
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-', 'npm_', 'pypi-', 'dckr_pat_'].map(
    (prefix) => ({ prefix, characters: word, least: 24 }),
  ),
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'].map((prefix) => ({
    prefix,
    characters: base64,
    least: 18,
  })),
  ...['xoxa-', 'xoxb-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'].map((prefix) => ({
    prefix,
    characters: word,
    least: 15,
  })),
  { prefix: 'sk-', characters: word, least: 23, fits: hasDigit },
  { prefix: 'AIza', characters: word, least: 39 },
  { prefix: 'ya29.', characters: dotted, least: 25 },
  { prefix: 'dop_v1_', characters: word, least: 64 },
  { prefix: 'hf_', characters: word, least: 33 },
  { prefix: 'SG.', characters: dotted, least: 40 },
  ...['shpat_', 'shpca_', 'shppa_', 'shpss_'].map((prefix) => ({ prefix, characters: word, least: 38 })),
  { prefix: 'hvs.', characters: dotted, least: 24 },
  { prefix: 'AGE-SECRET-KEY-1', characters: word, least: 60 },
  { prefix: 'lin_api_', characters: word, least: 40 },
];
const kindOf = new Map(kinds.map((kind) => [kind.prefix, kind]));

export function tokenEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  // The prefixes of the kinds; longer ones first.
  const finder =
    /AGE-SECRET-KEY-1|IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|github_pat_|dckr_pat_|sk_live_|sk_test_|rk_live_|rk_test_|lin_api_|dop_v1_|whsec_|glpat-|shpat_|shpca_|shppa_|shpss_|pypi-|xox[abeoprs]-|xapp-|ya29\.|gh[oprsu]_|npm_|AKIA|ASIA|AIza|hvs\.|hf_|SG\.|eyJ|sk-/g;
  for (let match = finder.exec(text); match; match = finder.exec(text)) {
    const start = match.index;
    const kind = kindOf.get(match[0]);
    if (kind === undefined || !beginsWord(text, start)) continue;
    const end = runEnd(text, finder.lastIndex, kind.characters);
    // Whatever this is, no other token begins in it.
    finder.lastIndex = end;
    const token = text.slice(start, end);
    if (token.length >= kind.least && (kind.fits?.(token) ?? true)) edits.push(masked(start, end));
  }
  return edits;
}

/** Of a URL, up to its path. */
const authority = /[^\s/?#"'<>\\]/;
const credentials = /[A-Za-z0-9._~+/=-]/;

/** What follows `Bearer` and `Basic`. */
export function schemeEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  const finder = /(?:bearer|basic)(?: |%20|\+)/gi;
  for (let match = finder.exec(text); match; match = finder.exec(text)) {
    const start = finder.lastIndex;
    const end = runEnd(text, start, credentials);
    finder.lastIndex = Math.max(end, start);
    const value = text.slice(start, end);
    const isBasic = /^basic/i.test(match[0]);
    const isSecret = isBasic ? isUserAndPassword(value) : value.length >= 16 || hasDigit(value);
    if (value.length >= 6 && isSecret) edits.push(masked(start, end));
  }
  return edits;
}

function isUserAndPassword(value: string): boolean {
  return Buffer.from(value, 'base64').includes(0x3a);
}

/** The password in `scheme://user:password@host`. */
export function urlPasswordEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  const finder = /:\\?\/\\?\//g;
  for (let match = finder.exec(text); match; match = finder.exec(text)) {
    const start = finder.lastIndex;
    const end = runEnd(text, start, authority);
    finder.lastIndex = end;
    const user = text.slice(start, end);
    const colon = user.indexOf(':');
    const at = user.lastIndexOf('@');
    if (colon >= 0 && colon + 1 < at) edits.push(masked(start + colon + 1, start + at));
  }
  return edits;
}

const keyHead = 'PRIVATE KEY-----';
const keyStart = '-----BEGIN ';
const keyEnd = '-----END ';
const longestHead = 48;
const longestKey = 64 * 1024;

/** Private keys in PEM, with line ends as they are or escaped; of one that is cut, all that is there. */
export function privateKeyEdits(text: string): Edit[] {
  const edits: Edit[] = [];
  for (let at = text.indexOf(keyHead); at >= 0; ) {
    const body = at + keyHead.length;
    if (!text.slice(Math.max(0, at - longestHead), at).includes(keyStart)) {
      at = text.indexOf(keyHead, body);
      continue;
    }
    const window = text.slice(body, body + longestKey);
    const quote = window.search(/["']/);
    const endMark = window.indexOf(keyEnd);
    const isWhole = endMark >= 0 && (quote < 0 || endMark < quote);
    const end = body + (isWhole ? endMark : quote < 0 ? window.length : quote);
    if (end > body) edits.push(masked(body, end));
    at = text.indexOf(keyHead, end);
  }
  return edits;
}

/** Whether a token may begin here: not within a word, but after an escape such as `\n`. */
function beginsWord(text: string, at: number): boolean {
  if (at === 0 || !/[A-Za-z0-9_]/.test(text.charAt(at - 1))) return true;
  return text.charAt(at - 2) === '\\' && /[nrtbfu]/.test(text.charAt(at - 1));
}

function runEnd(text: string, from: number, characters: RegExp): number {
  let end = from;
  while (end < text.length && characters.test(text.charAt(end))) end += 1;
  return end;
}
