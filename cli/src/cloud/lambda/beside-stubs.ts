// The Lambda host: the stubs beside wrapped Python functions, which their wrappers invoke. They have their own host: a wrapped
// function that waits for its stub must not occupy the place of the stub's instance.
import { pythonVersion } from '../../manifest/runtimes.ts';
import type { CloudFunction } from '../cloud.ts';
import { namePrefix } from '../triggers/resources.ts';
import { type HostOptions, LambdaHost } from './lambda-host.ts';
import { stubEnvironment, stubVariables } from './stub-environment.ts';
import { unpack } from './unpack.ts';

export interface BesideOptions extends Omit<HostOptions, 'taskRoot' | 'wrapped' | 'stubEnvironmentOf'> {
  /** The built stub, as Terraform would upload it. */
  readonly zip: Uint8Array | undefined;
  /** Where it is unpacked. */
  readonly folder: string;
}

/** Stubs beside functions, by Lambda's names. */
export class BesideStubs {
  readonly #host: LambdaHost | undefined;

  private constructor(host: LambdaHost | undefined) {
    this.#host = host;
  }

  static async unpacked({ folder, zip, ...options }: BesideOptions): Promise<BesideStubs> {
    const { functions, place } = options;
    const besides = functions.flatMap((beside) => {
      const name = besideName(beside, place.stage);
      return name === undefined ? [] : [{ ...beside, name, wrap: undefined, durable: undefined }];
    });
    if (zip === undefined || besides.length === 0) return new BesideStubs(undefined);
    await unpack(zip, folder);
    const originals = new Map(functions.map((each) => [besideName(each, place.stage), each.name]));
    return new BesideStubs(
      new LambdaHost({
        ...options,
        functions: besides,
        taskRoot: folder,
        stubEnvironmentOf: (beside, logStreamName) => {
          const name = originals.get(beside.name) ?? beside.name;
          return {
            ...stubEnvironment(beside, place, logStreamName),
            // Of the function's own sources.
            ...stubVariables({ ...beside, name }, place),
          };
        },
      }),
    );
  }

  /** A host with these stubs in addition to its own functions. */
  with(host: LambdaHost): Pick<LambdaHost, 'has' | 'invoke'> {
    const hostOf = (name: string) => (this.#host?.has(name) ? this.#host : host);
    return {
      has: (name) => hostOf(name).has(name),
      invoke: (name, event, options) => hostOf(name).invoke(name, event, options),
    };
  }

  async close(): Promise<void> {
    await this.#host?.close();
  }
}

/** The module's name for it; undefined for a function without one. */
export function besideName({ name, runtime, wrap }: CloudFunction, stage: string): string | undefined {
  return wrap && pythonVersion(runtime) !== undefined ? `${namePrefix(stage)}-${name}` : undefined;
}
