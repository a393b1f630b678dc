// [5] What a booted spare is assigned to: the answer of `GET /livectl/assignment`.

/** Sent once. Python uses `_HANDLER` and `LAMBDA_TASK_ROOT` from the environment. */
export interface Assignment {
  readonly environment: EnvironmentVersion;
  /** The variables that the process was started with: code loaded by NODE_OPTIONS may have changed them. */
  readonly started: Readonly<Record<string, string>>;
}

/** The location of a Node handler, which may have been bundled. */
export interface NodeHandler {
  /** Absolute. */
  readonly moduleFile: string;
  /** E.g. `handler` or `a.b`. */
  readonly exportPath: string;
}

/** Start variable of a runtime client without a token, which replaces AWS's own behind a wrapper. */
export interface LocatedHandler extends NodeHandler {
  /** The `_HANDLER` that it applies to. */
  readonly handler: string;
}

/** Also the answer of `GET /livectl/environment`. */
export interface EnvironmentVersion {
  /** Increases with every change; `next` sends the newest in `Livectl-Environment-Version`. */
  readonly version: number;
  /** All of the function's variables beyond those that its process was started with. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Header of every answer to `next`: the newest {@link EnvironmentVersion}. */
export const environmentVersionHeader = 'Livectl-Environment-Version';

/**
 * Header, or trailer, of an error post: an array of `ErrorCause` as JSON in base64, since Lambda's error body has no place for
 * causes.
 */
export const errorCausesHeader = 'Livectl-Error-Causes';

/** Maximum number of causes, stack lines of each, and characters of each message or line. */
export const errorCausesLimits = { count: 8, lines: 12, characters: 500 } as const;
