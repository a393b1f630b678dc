// The files that livectl's own output goes to, e.g. `livectl serve > serve.log`: they change with every line.
import { fstatSync, statSync } from 'node:fs';

let identities: ReadonlySet<string> | undefined;

/** Whether stdout or stderr of this process is that file. */
export function isOwnOutput(path: string): boolean {
  identities ??= new Set([1, 2].flatMap(identityOfDescriptor));
  if (identities.size === 0) return false;
  try {
    const { dev, ino } = statSync(path);
    return identities.has(`${dev}:${ino}`);
  } catch {
    return false;
  }
}

function identityOfDescriptor(descriptor: number): string[] {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() ? [`${stats.dev}:${stats.ino}`] : [];
  } catch {
    // It is closed.
    return [];
  }
}
