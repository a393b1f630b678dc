// Of a function's variables, the values that must not be recorded, wherever they turn up.
import { isSecretName } from './secret-names.ts';
import { privateKeyEdits, tokenEdits, urlPasswordEdits } from './secret-values.ts';

const shortest = 8;
/** A line of a value such as a private key, as a program may print it by itself. */
const shortestLine = 16;

/** AWS's credentials are among them. */
export function environmentSecrets(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (value.length < shortest) return [];
    const passwords = urlPasswordEdits(value).map(({ end, start }) => value.slice(start, end));
    if (passwords.length > 0) return passwords.filter(({ length }) => length >= shortest);
    if (!isSecretName(name) && tokenEdits(value).length === 0 && privateKeyEdits(value).length === 0)
      return [];
    const lines = value.split(/\r?\n/);
    return lines.length === 1 ? [value] : [value, ...lines.filter(({ length }) => length >= shortestLine)];
  });
}
