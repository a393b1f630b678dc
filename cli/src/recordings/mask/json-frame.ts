// An object or array that a scan of JSON is in.
import { unescaped } from './json-strings.ts';
import { isSecretName } from './secret-names.ts';

/** A pair such as `{ "name": "password", "value": "x" }`. */
const nameKeys = new Set(['name', 'key', 'header']);
const valueKeys = new Set(['value', 'stringvalue']);
const longestName = 200;

export class JsonFrame {
  readonly isArray: boolean;
  /** It is in a value whose name is a secret's. */
  readonly isSecret: boolean;
  /** The member that is read now. */
  key: string | undefined;
  index = 0;
  /** Its `body` is base64. */
  isBase64 = false;
  #body: readonly [start: number, end: number] | undefined;
  #isSecretPair = false;
  #value: { readonly key: string; readonly start: number; readonly end: number } | undefined;

  constructor(isArray: boolean, isSecret: boolean) {
    this.isArray = isArray;
    this.isSecret = isSecret;
  }

  get body(): readonly [start: number, end: number] | undefined {
    return this.#body;
  }

  /** The value of a pair whose name is a secret's. */
  get named(): { readonly key: string; readonly start: number; readonly end: number } | undefined {
    return this.#isSecretPair ? this.#value : undefined;
  }

  begin(key: string): void {
    this.key = key;
  }

  next(): void {
    this.index += 1;
    this.key = undefined;
  }

  /** A string that is not secret by its own name. */
  sees(start: number, end: number, raw: string): void {
    const { key } = this;
    if (key === undefined) return;
    if (key === 'body') this.#body = [start, end];
    const plain = key.toLowerCase();
    if (nameKeys.has(plain) && raw.length <= longestName && isSecretName(unescaped(raw).text))
      this.#isSecretPair = true;
    if (valueKeys.has(plain)) this.#value = { key, start, end };
  }
}

/** From the text's top to the value that is read now. */
export function pathOf(frames: readonly JsonFrame[]): (string | number)[] {
  const path: (string | number)[] = [];
  for (const { index, isArray, key } of frames) {
    if (isArray) path.push(index);
    else if (key !== undefined) path.push(key);
  }
  return path;
}

/** RFC 6901. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
