// Hides the stack frames of livectl's runtime clients and of Node's internals: they say nothing about the developer's code.

const nodePlaces = ['/node-runtime.mjs:', '/node-tunnel.cjs:', 'node:internal/', 'new Promise (<anonymous>)'];
const pythonPlaces = ['python-runtime.py", line ', 'python-tunnel.py", line ', 'python-libpq.py", line '];

/** The lines of a stack, or of any text, without those frames. */
export function withoutRuntimeFrames(lines: readonly string[]): string[] {
  return new FrameFilter().pass(lines);
}

/** The same for a text that arrives line by line, such as a stack that a function prints itself. */
export class FrameFilter {
  /** The indent of a Python frame that is hidden; its source line and markers, indented further, are hidden as well. */
  #skipDeeperThan: number | undefined;

  pass(lines: readonly string[]): string[] {
    const kept: string[] = [];
    for (const line of lines) {
      const text = line.trimStart();
      const indent = line.length - text.length;
      if (this.#skipDeeperThan !== undefined && indent > this.#skipDeeperThan && text !== '') continue;
      const isPython = text.startsWith('File "') && pythonPlaces.some((place) => text.includes(place));
      this.#skipDeeperThan = isPython ? indent : undefined;
      if (isPython) continue;
      if (!text.startsWith('at ') || !nodePlaces.some((place) => text.includes(place))) kept.push(line);
      else if (line.endsWith(' {') && kept.length > 0) {
        // An error's fields follow its last frame.
        kept[kept.length - 1] += ' {';
      }
    }
    return kept;
  }
}
