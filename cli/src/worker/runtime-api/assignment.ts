// [5] What a booted spare is told to become: the answer of `GET /livectl/assignment`.

/** Sent once. Python goes by `_HANDLER` and `LAMBDA_TASK_ROOT` in the environment. */
export interface Assignment {
  readonly environment: EnvironmentVersion;
  /** Those of its variables that the process was started with: what NODE_OPTIONS loaded may have changed them. */
  readonly started: Readonly<Record<string, string>>;
}

/** Where a Node handler is, which may have been bundled. */
export interface NodeHandler {
  /** Absolute. */
  readonly moduleFile: string;
  /** e.g. `handler` or `a.b` */
  readonly exportPath: string;
}

/** What a runtime client that has no token is started with, in a variable: it stands for AWS's own, behind a wrapper. */
export interface LocatedHandler extends NodeHandler {
  /** The `_HANDLER` that it is for. */
  readonly handler: string;
}

/** Also the answer of `GET /livectl/environment`. */
export interface EnvironmentVersion {
  /** Counts up with every change; `next` carries the newest in `Livectl-Environment-Version`. */
  readonly version: number;
  /** All variables the function has beyond what its process was started with. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Header of every answer to `next`: the number of the newest {@link EnvironmentVersion}. */
export const environmentVersionHeader = 'Livectl-Environment-Version';

/**
 * Header, or trailer, of an error post: an array of `ErrorCause` as base64 of its JSON. Lambda's body of an error has
 * no place for what led to it.
 */
export const errorCausesHeader = 'Livectl-Error-Causes';

/** How many causes there are at most, lines of the stack of each, and characters of each message or line. */
export const errorCausesLimits = { count: 8, lines: 12, characters: 500 } as const;
