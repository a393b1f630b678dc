// The Lambda host: the program of a wrapped function's instance: its own runtime, started by the layer's wrapper script, as
// Lambda starts a managed runtime if AWS_LAMBDA_EXEC_WRAPPER is set.
import { join } from 'node:path';
import { nodeMajor } from '../../manifest/runtimes.ts';
import type { WrapSettings } from '../../manifest/wrap-settings.ts';
import type { FunctionCode } from '../../worker/contract.ts';
import { disabledNodeFeatures } from '../../worker/process/disabled-node-features.ts';
import { functionEnvironment, machineEnvironment } from '../../worker/process/environment.ts';
import { fileInLayers } from '../../worker/process/sandbox-paths.ts';
import type { LocatedHandler } from '../../worker/runtime-api/assignment.ts';
import type { CloudFunction } from '../cloud.ts';
import type { InstanceProgram } from './lambda-instance.ts';
import { deployedVariables, lambdaVariables, type StubPlace, stubVariables } from './stub-environment.ts';

/** A function that is wrapped. */
export type WrappedFunction = CloudFunction & { readonly wrap: WrapSettings };

export interface WrappedRuntime {
  /** Stands for /opt: the unpacked layer. */
  readonly layer: string;
  /** The program and its first arguments that run a Node.js file. */
  readonly nodeCommand: readonly [string, ...string[]];
  readonly nodeRuntimeFile: string;
  readonly pythonRuntimeFile: string;
  /** Name of the stub beside a Python function, which its wrapper invokes. */
  readonly besideName: string | undefined;
}

/** The layer's wrapper script, below /opt. */
export const wrapperName = 'live-debug';

/** `code` is what was deployed. Throws an Error for a runtime that has no wrapper here. */
export function wrappedProgram(
  deployed: WrappedFunction,
  code: FunctionCode,
  place: StubPlace,
  logStreamName: string,
  runtime: WrappedRuntime,
): InstanceProgram {
  const ownWrapper = placeHere(deployed.wrap.execWrapper, code);
  return {
    command: [join(runtime.layer, wrapperName), ...runtimeCommand(code, runtime)],
    taskRoot: code.taskRoot,
    environment: {
      ...machineEnvironment(),
      ...functionEnvironment(code, {
        ...deployedVariables(deployed, place),
        ...lambdaVariables(deployed, place, logStreamName),
      }),
      ...stubVariables(deployed, place),
      AWS_LAMBDA_EXEC_WRAPPER: join(runtime.layer, wrapperName),
      ...(ownWrapper === undefined ? {} : { LIVE_DEBUG_EXEC_WRAPPER: ownWrapper }),
      ...(deployed.wrap.init === 'lazy' ? { LIVE_DEBUG_WRAP_INIT: 'lazy' } : {}),
      ...locatedHandler(code),
      ...(runtime.besideName === undefined
        ? {}
        : { LIVE_DEBUG_STUB_FUNCTION: runtime.besideName, LIVE_DEBUG_LAMBDA_ENDPOINT: place.directoryUrl }),
    },
    // Its runtime client is started as AWS's is, without a token.
    hasToken: false,
  };
}

/** Built files are not always where Lambda looks, nor are a layer's files. */
function locatedHandler({ handler, runner }: FunctionCode): Readonly<Record<string, string>> {
  if (runner.kind !== 'node') return {};
  const { exportPath, moduleFile } = runner;
  const located: LocatedHandler = { handler, moduleFile, exportPath };
  return { LIVECTL_LOCATED: JSON.stringify(located) };
}

function runtimeCommand(code: FunctionCode, runtime: WrappedRuntime): [string, ...string[]] {
  const { nodeCommand, nodeRuntimeFile, pythonRuntimeFile } = runtime;
  // Lambda's locale is UTF-8, whatever this machine's is.
  if (code.runner.kind === 'python') return [code.runner.interpreter, '-X', 'utf8', pythonRuntimeFile];
  if (nodeMajor(code.runtime) === undefined)
    throw new Error(`${code.runtime} has no wrapper on this machine`);
  const [program, ...args] = nodeCommand;
  const switchedOff = disabledNodeFeatures(`AWS_Lambda_${code.runtime}`).split(' ').filter(Boolean);
  return [program, ...args, ...switchedOff, nodeRuntimeFile];
}

/** The local path of a file of Lambda's sandbox. */
function placeHere(file: string | undefined, { layers = [], taskRoot }: FunctionCode): string | undefined {
  if (file === undefined) return undefined;
  if (file.startsWith('/var/task/')) return join(taskRoot, file.slice('/var/task/'.length));
  if (!file.startsWith('/opt/')) return file;
  return fileInLayers(file, layers) ?? file;
}
