// Leaves the frames of livectl's runtime clients, and of Node's insides, out of what a person reads: they say nothing
// about the developer's code.

const nodePlaces = ['/node-runtime.mjs:', 'node:internal/', 'new Promise (<anonymous>)'];
const pythonPlace = 'python-runtime.py", line ';

/** The lines of a stack, or of any text, without those frames. */
export function withoutRuntimeFrames(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let skipDeeperThan: number | undefined;
  for (const line of lines) {
    const text = line.trimStart();
    const indent = line.length - text.length;
    // The source line of a Python frame, and marks below that.
    if (skipDeeperThan !== undefined && indent > skipDeeperThan && text !== '') continue;
    skipDeeperThan = text.startsWith('File "') && text.includes(pythonPlace) ? indent : undefined;
    if (skipDeeperThan !== undefined) continue;
    if (!text.startsWith('at ') || !nodePlaces.some((place) => text.includes(place))) kept.push(line);
    else if (line.endsWith(' {') && kept.length > 0) {
      // The fields of an error follow its last frame.
      kept[kept.length - 1] += ' {';
    }
  }
  return kept;
}
