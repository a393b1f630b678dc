// The Lambda host: which line of a stub's output says best why it failed.

/** Longer lines are cut, in characters. */
const maxLength = 500;

/** Node ends a crash with its version and Deno with hints, so a line that names an error counts more than the last. */
const errorName = /(?:Error|Exception)\b/;

function namesError(line: string): boolean {
  const named = line.search(errorName);
  return named >= 0 && line.includes(': ', named);
}

export class LastWords {
  #last: string | undefined;
  #error: string | undefined;

  /** The last line that names an error, else the last that isn't blank. */
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

  /** What was said so far is about something else. */
  forget(): void {
    this.#last = undefined;
    this.#error = undefined;
  }
}
