// The Lambda functions of the Serverless Framework's serverless.yml. A serverless.ts or .js is a program, and is not run.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bringsItsOwnRuntime, nodeMajor, pythonVersion } from '../../manifest/runtimes.ts';
import { readConfigFile } from '../config-file.ts';
import { type Found, type FoundFunction, imageReason } from '../found-function.ts';
import {
  defined,
  isRecord,
  numberOf,
  recordOf,
  textOf,
  textsOf,
  unknownValue,
  variablesToWrite,
} from '../written-settings.ts';
import { triggersOfFunction } from './serverless-triggers.ts';
import { ServerlessVariables } from './serverless-variables.ts';

const texts = ['serverless.yml', 'serverless.yaml', 'serverless.json'];
const programs = ['serverless.ts', 'serverless.js', 'serverless.mjs', 'serverless.cjs'];
export const serverlessNames = [...texts, ...programs];
const mostFunctions = 500;
/** https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml (memorySize, timeout) */
const usual = { timeout: 6, memorySize: 1024 };

/**
 * Undefined if the folder has no configuration of the framework. Without functions, but with a notice, for one that is a program.
 * Rejects with LD_CONFIG for a file that cannot be read.
 */
export async function readServerless(folder: string): Promise<Found | undefined> {
  const name = serverlessNames.find((each) => existsSync(join(folder, each)));
  if (name === undefined) return undefined;
  if (programs.includes(name)) {
    const notice = `${name} is a program, which livectl does not run: write what \`serverless print --format yaml\` prints to serverless.yml`;
    return { functions: [], notices: [notice] };
  }
  const root = recordOf(readConfigFile(join(folder, name)));
  const notices = new Set<string>();
  const variables = new ServerlessVariables(folder, root, notices);
  const provider = recordOf(variables.valueOf(root.provider));
  const service = textOf(variables.valueOf(root.service)) ?? textOf(recordOf(root.service).name);
  const all = functionsOf(root.functions, variables);
  if (all.length > mostFunctions)
    notices.add(`only the first ${mostFunctions} functions of ${name} are taken`);
  if (all.length === 0) notices.add(`${name} has no functions`);
  const functions = all
    .slice(0, mostFunctions)
    .map(([key, own]) =>
      foundFunction({ key, name, own, provider, service, stage: textOf(variables.stage), notices }),
    );
  return { functions, notices: [...notices] };
}

/** An object, or a list of objects that are often included files. */
function functionsOf(
  written: unknown,
  variables: ServerlessVariables,
): [string, Readonly<Record<string, unknown>>][] {
  const value = variables.valueOf(written);
  const objects = (Array.isArray(value) ? value : [value]).filter(isRecord);
  return objects.flatMap((each) =>
    Object.entries(each).filter((entry): entry is [string, Readonly<Record<string, unknown>>] =>
      isRecord(entry[1]),
    ),
  );
}

interface ServerlessFunction {
  readonly key: string;
  /** The file. */
  readonly name: string;
  readonly own: Readonly<Record<string, unknown>>;
  readonly provider: Readonly<Record<string, unknown>>;
  readonly service: string | undefined;
  readonly stage: string | undefined;
  /** Takes what is not written. */
  readonly notices: Set<string>;
}

function foundFunction(each: ServerlessFunction): FoundFunction {
  const { key, name, own, provider, service, stage } = each;
  const environment = { ...recordOf(provider.environment), ...recordOf(own.environment) };
  const { kept, leftOut } = variablesToWrite(environment);
  const timeout = numberOf(own.timeout) ?? numberOf(provider.timeout) ?? usual.timeout;
  const address = `functions.${key} of ${name}`;
  const { notices, triggers } = triggersOfFunction(own, address, timeout);
  const leftOutBecause = whyLeftOut(each);
  if (leftOutBecause === undefined) for (const notice of notices) each.notices.add(notice);
  const memory = numberOf(own.memorySize) ?? numberOf(provider.memorySize) ?? usual.memorySize;
  const written = own.name === undefined ? `${service}-${stage}-${key}` : textOf(own.name);
  const isNamed = written !== undefined && service !== undefined && /^[\w-]{1,64}$/.test(written);
  return {
    name: key,
    address,
    handler: textOf(own.handler) ?? '',
    runtime: runtimeOf(each) ?? '',
    settings: defined({
      timeout,
      memory_size: memory,
      function_name: isNamed ? written : undefined,
      environment: Object.keys(kept).length === 0 ? undefined : kept,
      triggers: Object.keys(triggers).length === 0 ? undefined : triggers,
    }),
    leftOutVariables: leftOut,
    sourceFolders: folderOf(own),
    layers: textsOf(own.layers ?? provider.layers),
    roleCode: undefined,
    leftOut: leftOutBecause,
    block: undefined,
  };
}

/** serverless-python-requirements packs the folder that a function names as its `module`. */
function folderOf({ module }: ServerlessFunction['own']): string[] {
  return typeof module === 'string' ? [module, '.'] : ['.'];
}

function runtimeOf({ own, provider }: ServerlessFunction): string | undefined {
  return textOf(own.runtime ?? provider.runtime);
}

function whyLeftOut(each: ServerlessFunction): string | undefined {
  const { own, provider } = each;
  if (own.image !== undefined) return imageReason;
  const runtime = runtimeOf(each);
  const written = own.runtime ?? provider.runtime;
  if (runtime === undefined || runtime === '')
    return written === unknownValue
      ? 'its runtime is only known when it is deployed'
      : 'no runtime is written for it; add provider.runtime';
  if (typeof own.handler !== 'string' || own.handler === '')
    return own.handler === unknownValue
      ? 'its handler is only known when it is deployed'
      : 'it has no handler';
  const runs = nodeMajor(runtime) ?? pythonVersion(runtime) ?? bringsItsOwnRuntime(runtime);
  return runs === false
    ? `${runtime} needs a command that runs it here: add it by hand (docs/runtimes.md)`
    : undefined;
}
