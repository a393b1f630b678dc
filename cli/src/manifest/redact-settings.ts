// `redact` of livectl.json: what recordings mask beside everything that looks like a secret. Terraform does not take it.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { parseJson } from './json-text.ts';
import { jsonPath, mistakesError } from './mistakes.ts';
import { mustBe, text } from './schema-parts.ts';

const mostPaths = 100;
const longestPath = 200;

export const redactSchema = v.pipe(
  v.array(
    v.pipe(
      text,
      v.regex(/[^\s$.[\]]/, 'must name a field, e.g. detail.card.number'),
      v.maxLength(
        longestPath,
        ({ input }) => `must have at most ${longestPath} characters: it has ${input.length}`,
      ),
    ),
    mustBe('an array of strings'),
  ),
  v.maxLength(mostPaths, ({ input }) => `must have at most ${mostPaths} entries: it has ${input.length}`),
  v.description(
    'Fields of events and answers that recordings mask, beside everything that looks like a secret, e.g. "detail.card.number" or "Records[*].body.iban".',
  ),
);

const documentSchema = v.object({ redact: v.optional(redactSchema, []) });

/**
 * Those of the local file, whatever else is in it: a stage is served without it, and it may be of another stage. Throws LD_CONFIG
 * if they are invalid, since what they name must not be recorded.
 */
export async function readRedactPaths(folder: {
  readonly root: string;
  readonly config?: string | undefined;
}): Promise<readonly string[]> {
  const file =
    folder.config === undefined ? join(resolve(folder.root), 'livectl.json') : resolve(folder.config);
  const content = await readFile(file, 'utf8').catch(() => '');
  if (!content.includes('"redact"')) return [];
  let value: unknown;
  try {
    value = parseJson(content);
  } catch (error) {
    throw mistakesError(file, [{ path: 'redact', text: `cannot be read: ${messageOf(error)}` }]);
  }
  const parsed = v.safeParse(documentSchema, value);
  if (parsed.success) return parsed.output.redact;
  throw mistakesError(
    file,
    parsed.issues.map(({ message, path }) => ({
      path: jsonPath((path ?? []).map(({ key }) => key)),
      text: message,
    })),
  );
}
