// The paths of `redact` in livectl.json: what a recording masks beside everything that looks like a secret.

/** `*` stands for any one key or index. */
export type RedactPath = readonly string[];

/** `detail.card.number`, `Records[*].body.iban`, `$.user.*`: keys and indexes from the top of an event or an answer. */
export function parseRedactPath(text: string): RedactPath {
  return text
    .replace(/^\$\.?/, '')
    .replaceAll('[', '.')
    .replaceAll(']', '')
    .split('.')
    .filter((part) => part !== '');
}

export function isRedacted(paths: readonly RedactPath[], path: readonly (string | number)[]): boolean {
  return paths.some(
    (each) =>
      each.length === path.length &&
      each.every((part, index) => part === '*' || part === String(path[index])),
  );
}
