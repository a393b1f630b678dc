// What a check of `livectl doctor` is, and what it reports.

/** `warn`: livectl works, but not as it should, or something could not be checked. `fail`: livectl or a function will not work. */
export type Status = 'pass' | 'warn' | 'fail';

/** One thing that was checked; an object of `doctor --format json`. */
export interface Finding {
  /** What was checked, e.g. `esbuild`; `build/orders` for one of several. */
  readonly check: string;
  readonly status: Status;
  /** What was found: one sentence without a period, which may contain text from AWS or another program. */
  readonly message: string;
  /** What to do; null for a pass. */
  readonly remedy: string | null;
}

/** The headings of the pretty output, in their order. */
export const groups = ['This machine', 'Project', 'AWS', 'Stage'] as const;
export type Group = (typeof groups)[number];

/** Receives each finding as soon as it is known. */
export type Report = (finding: Finding) => void;

/** Something to check. All checks run at once. */
export interface Check {
  readonly name: string;
  readonly group: Group;
  /**
   * Reports any number of findings, and resolves when it has reported all of them. What it throws becomes a `fail`, a
   * {@link NotChecked} a `warn`. It is given up after a while; `signal` is aborted then, and what it reports later is ignored.
   */
  readonly run: (report: Report, signal: AbortSignal) => Promise<void> | void;
  /** The status if it does not end in time; default `warn`. */
  readonly late?: Exclude<Status, 'pass'>;
  /** What to do then. */
  readonly lateRemedy: string;
}

/** Another check has failed or has not answered, so this one has nothing to work with. */
export class NotChecked extends Error {
  readonly remedy: string;

  /** `why` continues "not checked: ". */
  constructor(why: string, remedy: string) {
    super(why);
    this.remedy = remedy;
  }
}

export function pass(check: string, message: string): Finding {
  return { check, status: 'pass', message, remedy: null };
}

export function warn(check: string, message: string, remedy: string): Finding {
  return { check, status: 'warn', message, remedy };
}

export function fail(check: string, message: string, remedy: string): Finding {
  return { check, status: 'fail', message, remedy };
}

/** The first few of many names, and the number of the others. */
export function some(names: readonly string[], most = 3): string {
  const rest = names.length - most;
  return names.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** What gives a role all permissions that a developer of a stage needs. */
export const developerPolicy = 'attach developer_policy_json of the module to your role';

/** What another check reports is not reported again. */
export function needed<Part>(part: Promise<Part>, check: string): Promise<Part> {
  return part.catch((error: unknown) => {
    throw error instanceof NotChecked ? error : seen(check);
  });
}

/** The other check is named, so that the first thing to fix is found. */
export function seen(check: string): NotChecked {
  return new NotChecked(`see "${check}"`, `fix "${check}" first`);
}
