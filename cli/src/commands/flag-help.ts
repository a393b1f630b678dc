// What `--help` and completion know of a flag beyond its name: its group, and what its value is called.
// The parser keeps one text for each flag, its description, so all three go into that.

/** In the order of `--help`. A command shows those that it has flags of. */
export const flagGroups = [
  'Where',
  'Functions',
  'HTTP',
  'Messages',
  'EventBridge',
  'S3',
  'DynamoDB and Kinesis',
  'Invocation',
  'Sharing a stage',
  'Recordings',
  'Replay',
  'Network',
  'Debugging',
  'Checks',
  'Certificates',
  'Waiting',
  'Output',
] as const;
export type FlagGroup = (typeof flagGroups)[number];

export interface FlagDescription {
  readonly group: FlagGroup;
  /** `''` of a flag without one; `[=PORT]` where it may be left out. */
  readonly value: string;
  readonly about: string;
}

const separator = '\t';

/**
 * The description of an option. `value` names what the flag takes: `DIR` and `FILE` are completed with paths, and so is what
 * follows `@` where it ends in `@FILE`.
 */
export function describeFlag(group: FlagGroup, value: string, about: string): string;
/** Of a flag without a value. */
export function describeFlag(group: FlagGroup, about: string): string;
export function describeFlag(group: FlagGroup, first: string, second?: string): string {
  return [group, ...(second === undefined ? ['', first] : [first, second])].join(separator);
}

/** What {@link describeFlag} was given. Throws for any other description. */
export function flagDescription(description: string): FlagDescription {
  const [group, value, about] = description.split(separator);
  const known = flagGroups.find((each) => each === group);
  if (known === undefined || value === undefined || about === undefined)
    throw new Error(`a flag without a group: ${description}`);
  return { group: known, value, about };
}
