// Fixes decorated types, which a compiler that sees one file at a time must guess: an imported name may be a type only, and
// then neither its export nor, as with `aws-lambda`, its package exists at run time.

/** How TypeScript and SWC write a name in metadata: they check whether it exists before they use it. */
const guesses = [
  /(typeof \(_\w+ = typeof )([\w$]+)( !== "undefined" && )\2(\) === "function")/g,
  /(typeof )([\w$]+)( === "undefined" \? Object : )\2()(?![\w$.])/g,
];

const importLine = /^import (?!type\b)(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}\s*)?from\s*(["'])([^"']+)\3/gm;

/** An imported name: a module and one of its exports. */
interface Imported {
  readonly name: string;
  readonly specifier: string;
}

/**
 * The compiled text in which metadata reads imported names from their module's namespace, where a missing one is undefined, or
 * uses `Object` if `isThere` finds no module: as TypeScript writes them when it sees the whole program.
 */
export async function repairTypes(
  text: string,
  isThere: (specifier: string) => Promise<boolean>,
): Promise<string> {
  const imported = importsOf(text);
  const namespaces = new Map<string, string | undefined>();
  for (const guess of guesses) {
    for (const [, , name = ''] of text.matchAll(guess)) {
      const specifier = imported.get(name)?.specifier;
      if (specifier === undefined || namespaces.has(specifier)) continue;
      namespaces.set(specifier, (await isThere(specifier)) ? `__livectlTypes${namespaces.size}` : undefined);
    }
  }
  if (namespaces.size === 0) return text;
  const repaired = guesses.reduce(
    (result, guess) =>
      result.replace(guess, (all: string, before: string, name: string, between: string, after: string) => {
        const known = imported.get(name);
        if (known === undefined) return all;
        const namespace = namespaces.get(known.specifier);
        // An empty object has none of the names.
        const place = `${namespace ?? '({})'}[${JSON.stringify(known.name)}]`;
        return before + place + between + place + after;
      }),
    text,
  );
  const lines = [...namespaces].flatMap(([specifier, namespace]) =>
    namespace === undefined ? [] : [`import * as ${namespace} from ${JSON.stringify(specifier)};`],
  );
  // At the end, to keep the lines of the source map; imports are hoisted anyway.
  const [, code = repaired, map = ''] =
    /^([\s\S]*?)(\n\/\/# sourceMappingURL=[^\n]*\s*)?$/.exec(repaired) ?? [];
  return `${code}\n${lines.join('')}${map}`;
}

function importsOf(text: string): Map<string, Imported> {
  const imported = new Map<string, Imported>();
  for (const [, whole, names = '', , specifier = ''] of text.matchAll(importLine)) {
    if (whole !== undefined) imported.set(whole, { name: 'default', specifier });
    for (const part of names.split(',')) {
      const [name = '', local = name] = part.trim().split(/\s+as\s+/);
      if (name !== '') imported.set(local, { name, specifier });
    }
  }
  return imported;
}
