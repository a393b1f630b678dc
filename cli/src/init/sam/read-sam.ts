// The Lambda functions of a SAM template, or of a plain CloudFormation one: template.yaml in the project.
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join, posix } from 'node:path';
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
  variablesToWrite,
} from '../written-settings.ts';
import { triggersOfFunction } from './template-triggers.ts';
import { TemplateValues } from './template-values.ts';

export const templateNames = ['template.yaml', 'template.yml', 'template.json'];
/** CloudFormation takes 500 resources in a template. */
const mostFunctions = 500;

/** Undefined if the folder has no template, or one without a function. Rejects with LD_CONFIG if it cannot be read. */
export async function readSam(folder: string): Promise<Found | undefined> {
  const name = templateNames.find((each) => existsSync(join(folder, each)));
  if (name === undefined) return undefined;
  const template = recordOf(readConfigFile(join(folder, name)));
  const values = new TemplateValues(template);
  const defaults = recordOf(values.valueOf(recordOf(template.Globals).Function));
  const functions: FoundFunction[] = [];
  const notices: string[] = [];
  for (const [id, resource] of Object.entries(recordOf(template.Resources))) {
    if (!isRecord(resource)) continue;
    const { Type: type } = resource;
    if (type === 'AWS::CloudFormation::Stack' || type === 'AWS::Serverless::Application')
      notices.push(`${id} of ${name} is a template of its own: run livectl init --dir in its folder too`);
    if (type !== 'AWS::Serverless::Function' && type !== 'AWS::Lambda::Function') continue;
    if (functions.length === mostFunctions) {
      notices.push(`only the first ${mostFunctions} functions of ${name} are taken`);
      break;
    }
    const own = recordOf(values.valueOf(resource.Properties));
    const properties = type === 'AWS::Serverless::Function' ? merged(defaults, own) : own;
    functions.push(foundFunction({ id, name, resource, properties, values, notices }));
  }
  return functions.length === 0 ? undefined : { functions, notices };
}

/** As SAM merges Globals: objects by key, lists one after the other, everything else is replaced. */
function merged(defaults: unknown, own: unknown): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = { ...recordOf(defaults) };
  for (const [key, value] of Object.entries(recordOf(own))) {
    const before = all[key];
    if (isRecord(before) && isRecord(value)) all[key] = merged(before, value);
    else if (Array.isArray(before) && Array.isArray(value)) all[key] = [...before, ...value];
    else all[key] = value;
  }
  return all;
}

interface TemplateFunction {
  readonly id: string;
  readonly name: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly values: TemplateValues;
  /** Takes what is not written. */
  readonly notices: string[];
}

function foundFunction(template: TemplateFunction): FoundFunction {
  const { id, name, properties, resource, values } = template;
  const metadata = recordOf(values.valueOf(resource.Metadata));
  const build = metadata.BuildMethod === 'esbuild' ? recordOf(metadata.BuildProperties) : {};
  const handler = textOf(properties.Handler) ?? '';
  const { kept, leftOut } = variablesToWrite(recordOf(recordOf(properties.Environment).Variables));
  const address = `Resources.${id} of ${name}`;
  const { notices, triggers } = triggersOfFunction(properties, address);
  const leftOutBecause = whyLeftOut(template);
  if (leftOutBecause === undefined) template.notices.push(...notices);
  const external = textsOf(build.External);
  const functionName = textOf(properties.FunctionName);
  return {
    name: id,
    address,
    handler,
    runtime: textOf(properties.Runtime) ?? '',
    settings: defined({
      timeout: unless(3, numberOf(properties.Timeout)),
      memory_size: unless(128, numberOf(properties.MemorySize)),
      function_name:
        functionName !== undefined && /^[\w-]{1,64}$/.test(functionName) ? functionName : undefined,
      environment: Object.keys(kept).length === 0 ? undefined : kept,
      triggers: Object.keys(triggers).length === 0 ? undefined : triggers,
      esbuild: external.length === 0 ? undefined : { external },
    }),
    leftOutVariables: leftOut,
    sourceFolders: sourceFolders(properties, build, handler),
    layers: textsOf(properties.Layers),
    roleCode: undefined,
    leftOut: leftOutBecause,
    block: undefined,
  };
}

function whyLeftOut({ properties, resource, values }: TemplateFunction): string | undefined {
  const { Condition: condition } = resource;
  if (typeof condition === 'string' && values.holds(condition) === false)
    return `its condition ${condition} is false by the parameters' defaults`;
  const code = recordOf(properties.Code);
  if (properties.PackageType === 'Image' || properties.ImageUri !== undefined || code.ImageUri !== undefined)
    return imageReason;
  if (properties.InlineCode !== undefined || code.ZipFile !== undefined)
    return 'its code is written in the template; move it to a file';
  const runtime = textOf(properties.Runtime);
  if (runtime === undefined || runtime === '') return 'its runtime is only known on AWS';
  const handler = textOf(properties.Handler);
  if (handler === undefined || handler === '') return 'its handler is only known on AWS';
  const runs = nodeMajor(runtime) ?? pythonVersion(runtime) ?? bringsItsOwnRuntime(runtime);
  return runs === false
    ? `${runtime} needs a command that runs it here: add it by hand (docs/runtimes.md)`
    : undefined;
}

/** esbuild writes the entry `src/app.ts` as `app.js`, so the handler is beside the entry of that name. */
function sourceFolders(
  properties: Readonly<Record<string, unknown>>,
  build: Readonly<Record<string, unknown>>,
  handler: string,
): string[] {
  const code = textOf(properties.CodeUri) ?? textOf(properties.Code) ?? '.';
  if (/^[a-z0-9]{2,10}:\/\//.test(code)) return [];
  const [module = ''] = basename(handler).split('.');
  const entries = textsOf(build.EntryPoints);
  const same = entries.filter((entry) => basename(entry, extname(entry)) === module);
  const folders = [...same, ...entries].map((entry) => posix.join(code, dirname(entry)));
  return [...new Set([...folders, code])].slice(0, 20);
}

function unless(usual: number, value: number | undefined): number | undefined {
  return value === usual ? undefined : value;
}
