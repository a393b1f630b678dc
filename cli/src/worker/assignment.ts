// [5] What a booted Node worker is told to become: the answer of `GET /livectl/assignment`.

/** Sent once; all paths absolute. */
export interface Assignment {
  readonly moduleFile: string;
  /** e.g. `handler` or `a.b` */
  readonly exportPath: string;
  readonly environment: EnvironmentVersion;
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
