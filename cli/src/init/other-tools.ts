// Configurations of tools other than Terraform that `init` reads, in a project without initialized Terraform code.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Found } from './found-function.ts';
import { readSam, templateNames } from './sam/read-sam.ts';
import { readServerless, serverlessNames } from './serverless/read-serverless.ts';

/** What was found in both, and the names of the files; undefined if there is neither. */
export async function otherTools(
  root: string,
): Promise<{ readonly found: Found; readonly source: string } | undefined> {
  const read = [
    [templateNames, await readSam(root)],
    [serverlessNames, await readServerless(root)],
  ] as const;
  const found = read.flatMap(([, each]) => (each === undefined ? [] : [each]));
  if (found.length === 0) return undefined;
  const names = read.flatMap(([files, each]) =>
    each === undefined ? [] : files.filter((name) => existsSync(join(root, name))).slice(0, 1),
  );
  return {
    source: names.join(' and '),
    found: {
      functions: found.flatMap(({ functions }) => functions),
      notices: found.flatMap(({ notices }) => notices),
    },
  };
}
