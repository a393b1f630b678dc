// functions.json: manifests that livectl and the Terraform module accept or refuse alike, with the invalid fields.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './terraform-cli.ts';

export interface FunctionCase {
  readonly name: string;
  /** As in livectl.json. */
  readonly functions: Readonly<Record<string, unknown>>;
  /** The module's variable `mode`, which a stage's manifest tells livectl; default: replace. */
  readonly module_mode?: 'wrap';
  /** Each mistake as `<function>.<field>`; missing where nothing is wrong. */
  readonly refused?: readonly string[];
  /** Other functions, or words, that the message must have. */
  readonly names?: readonly string[];
  /** The only side that refuses it, and why. */
  readonly only?: 'livectl' | 'terraform';
  readonly why?: string;
}

/** One mistake that must be reported: the function, and the words of the field. */
export interface ExpectedMistake {
  readonly functionName: string;
  readonly words: readonly string[];
}

export const functionCases: readonly FunctionCase[] = JSON.parse(
  readFileSync(join(repository, 'terraform/test/functions.json'), 'utf8'),
).cases;

/** What one side must report of a case; undefined where it takes it. */
export function expectedMistakes(
  { only, refused = [] }: FunctionCase,
  side: 'livectl' | 'terraform',
): readonly ExpectedMistake[] | undefined {
  if (only === undefined ? refused.length === 0 : only !== side) return undefined;
  return refused.map((mistake) => {
    const [functionName = '', ...words] = mistake.split(/[.[\]]/).filter((word) => word !== '');
    return { functionName, words };
  });
}
