// The Lambda host: picks the line of a stub's output that best explains its failure.

/** Longer lines are cut, in characters. */
const maxLength = 500;

/** Node ends a crash with its version and Deno with hints, so a line that names an error takes precedence over the last. */
const errorName = /(?:Error|Exception)\b/;

function namesError(line: string): boolean {
  const named = line.search(errorName);
  return named >= 0 && line.includes(': ', named);
}

export class LastWords {
  #last: string | undefined;
  #error: string | undefined;

  /** The last line that names an error, otherwise the last one that is not blank. */
  get line(): string | undefined {
    return this.#error ?? this.#last;
  }

  /** Takes a message, which may have several lines. */
  hear(message: string): void {
    for (const text of message.split('\n')) {
      const line = text.trim().slice(0, maxLength);
      if (line === '') continue;
      this.#last = line;
      if (namesError(line)) this.#error = line;
    }
  }

  /** Discards the output so far, which is about something else. */
  forget(): void {
    this.#last = undefined;
    this.#error = undefined;
  }
}
