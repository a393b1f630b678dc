// [1] The stub's own lines in the function's log, written only here; never payloads or credentials.

let write = (line: string): void => void process.stdout.write(line);

/** From now on lines are written there: in a thread, stdout belongs to the main thread. */
export function reportBy(writer: (line: string) => void): void {
  write = writer;
}

/** One JSON line, so that it can be filtered from the function's own logs by its `liveDebug` field. */
export function report(what: string, details: Readonly<Record<string, string | number>> = {}): void {
  write(`${JSON.stringify({ liveDebug: what, ...details })}\n`);
}

/** So many events of one kind are reported singly. */
const reportedSingly = 16;

/** Reports events that may be very many: CloudWatch charges by volume, so later ones only at every power of two. */
export class RareReports {
  readonly #what: string;
  readonly #countName: string;
  #count = 0;

  /** `countName`: the field with the number of events so far. */
  constructor(what: string, countName: string) {
    this.#what = what;
    this.#countName = countName;
  }

  add(details: Readonly<Record<string, string | number>>): void {
    this.#count += 1;
    if (this.#count > reportedSingly && (this.#count & (this.#count - 1)) !== 0) return;
    report(this.#what, { ...details, [this.#countName]: this.#count });
  }
}
