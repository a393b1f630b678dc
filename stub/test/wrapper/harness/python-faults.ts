// Exceptions in functions of Python's wrapper, one for each instance, while somebody serves; and what comes of the answers.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployedClientContext } from '../../../../protocol/deployed-request.ts';
import { wrapperPythonFiles } from '../../../../scripts/stub-options.mjs';
import { layerFolder, type PythonFunctions } from './python-functions.ts';

const code = `
def handler(event, context):
    return {"deployed": event}
`;

/** What is left when all else fails. */
const lastResorts = new Set([
  ...['python.py forward', 'python.py run_proxy', 'python/wire.py left'],
  ...['complain', 'post_plainly', 'after_fault', 'connected', 'pump'].map(
    (name) => `python/plain.py ${name}`,
  ),
]);

/** How long three invocations may take until they count as unanswered, in milliseconds. */
const boundMs = 15_000;

export interface FaultyStep {
  /** File and function. */
  readonly name: string;
  readonly file: string;
  /** The line of its `def`. */
  readonly line: number;
}

/** All functions of the wrapper's that may fail. */
export const faultySteps: readonly FaultyStep[] = wrapperPythonFiles.flatMap((file) => {
  const lines = readFileSync(join(layerFolder, 'live-debug-wrapper', file), 'utf8').split('\n');
  return lines.flatMap((text, line) => {
    const name = `${file} ${/^ {0,4}def (\w+)\(.*\):$/.exec(text)?.[1]}`;
    return name.endsWith(' undefined') || lastResorts.has(name) ? [] : [{ name, file, line }];
  });
});

/**
 * Invokes a function of each step three times, the second time for the deployed code: what is wrong with the answers. Right
 * is the deployed code's, or where the stub was given the invocation, the stub's or an error.
 */
export async function faultsOfAll(
  functions: PythonFunctions,
  steps: readonly FaultyStep[],
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const given = new Set<string>();
  const faults: string[] = [];
  const left = [...steps.entries()];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let next = left.shift(); next; next = left.shift())
        faults.push(...(await faultsOf({ functions, given, environment, step: next[1], at: next[0] })));
    }),
  );
  return faults;
}

interface Case {
  readonly functions: PythonFunctions;
  /** The request ids that the stub was given. */
  readonly given: Set<string>;
  readonly environment: Readonly<Record<string, string>>;
  readonly step: FaultyStep;
  readonly at: number;
}

async function faultsOf({ at, environment, functions, given, step }: Case): Promise<string[]> {
  const layer = faultyLayer(step, functions.folder({}));
  const { api, instance } = await functions.start(code, { layer, environment });
  functions.invokeApi.instead = (_request, response, body) => {
    const [, head = ''] = /^\{"liveDebugWrapped":"([^"]+)"/.exec(body.toString()) ?? [];
    given.add((JSON.parse(Buffer.from(head, 'base64').toString()) as { requestId: string }).requestId);
    response.writeHead(200).end('"local"');
    return true;
  };
  const answers: string[] = [];
  const invoke = async () => {
    for (const [index, context] of [undefined, deployedClientContext, undefined].entries()) {
      const headers = context === undefined ? {} : { 'Lambda-Runtime-Client-Context': context };
      const { body } = await api.invoke({ id: `r-${at}-${index}`, event: '1', headers });
      answers.push(body.toString().replaceAll(' ', ''));
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, boundMs);
  });
  await Promise.race([invoke(), late]);
  clearTimeout(timer);
  if (answers.length < 3)
    return [`${step.name}: no answer after ${answers}: ${instance.stdout}${instance.stderr}`];
  instance.child.kill('SIGTERM');
  const ended = await instance.ended;
  return answers.flatMap((answer, index) => {
    const isGiven = given.has(`r-${at}-${index}`);
    const isRight = isGiven
      ? index !== 1 && (answer === '"local"' || answer.includes('LiveDebugLost'))
      : answer === '{"deployed":1}';
    if (isRight && ended === 'SIGTERM') return [];
    return [`${step.name}: ${answer} to ${index}${isGiven ? ', given to the stub' : ''}; ended by ${ended}`];
  });
}

/** The layer, copied to `layer`, with an exception in the function of this name. */
export function layerWith(name: string, layer: string): string {
  const step = faultySteps.find((each) => each.name === name);
  if (!step) throw new Error(`no function ${name}`);
  return faultyLayer(step, layer);
}

function faultyLayer({ file, line }: FaultyStep, layer: string): string {
  cpSync(layerFolder, layer, { recursive: true });
  const path = join(layer, 'live-debug-wrapper', file);
  const lines = readFileSync(path, 'utf8').split('\n');
  const indent = ' '.repeat((lines[line] ?? '').search(/\S/) + 4);
  lines.splice(line + 1, 0, `${indent}raise RuntimeError("injected")`);
  writeFileSync(path, lines.join('\n'));
  return layer;
}
