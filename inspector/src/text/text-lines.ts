// Inspector page: a long text as lines that have a bounded length, found without copying it.

/** Longer lines go on in the next one. */
export const mostColumns = 240;

export class TextLines {
  readonly text: string;
  /** Where each line starts; one more for the end of the last. */
  readonly #starts: Int32Array;
  readonly length: number;

  constructor(text: string, columns: number = mostColumns) {
    this.text = text;
    let starts = new Int32Array(1024);
    let count = 0;
    const add = (start: number) => {
      if (count === starts.length) {
        const larger = new Int32Array(count * 2);
        larger.set(starts);
        starts = larger;
      }
      starts[count++] = start;
    };
    let start = 0;
    while (start <= text.length) {
      add(start);
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline;
      for (start += columns; start < end; start += columns) {
        // Not between the halves of a surrogate pair.
        if (isLowSurrogate(text.charCodeAt(start))) start += 1;
        if (start < end) add(start);
      }
      start = end + 1;
    }
    this.length = count;
    add(text.length + 1);
    this.#starts = starts.subarray(0, count + 1);
  }

  /** Without its line feed. */
  line(index: number): string {
    const end = this.end(index);
    return this.text.slice(this.start(index), end);
  }

  /** Whether it continues the one before. */
  isContinued(index: number): boolean {
    return index > 0 && this.text[this.start(index) - 1] !== '\n';
  }

  /** The line that has an offset of the text. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.start(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  start(index: number): number {
    return this.#starts[index] ?? this.text.length;
  }

  end(index: number): number {
    const next = this.start(index + 1);
    return this.text[next - 1] === '\n' || next > this.text.length ? next - 1 : next;
  }
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** 16 bytes a line: offset, hexadecimal, ASCII. */
export function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = [...bytes.subarray(at, at + 16)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = part
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines.join('\n');
}
