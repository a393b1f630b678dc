// The stages that a folder's Terraform files name, for completion and for "did you mean".
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { moderateFile } from '../folders/moderate-file.ts';

/** Files with variables of Terraform that are looked at. */
const mostVariableFiles = 20;

/** `stage = "dev-tom"` in the folder's Terraform files and variables; none if it cannot be read. */
export function stagesInFiles(root: string): string[] {
  try {
    const names = readdirSync(root).filter((name) => /\.(?:tf|tfvars)$/.test(name));
    return names.slice(0, mostVariableFiles).flatMap((name) => {
      const lines = moderateFile(join(root, name)).split('\n');
      return lines.flatMap((line) => /^\s{0,20}stage\s{0,20}=\s{0,20}"([\w.-]{1,64})"/.exec(line)?.[1] ?? []);
    });
  } catch {
    return [];
  }
}
