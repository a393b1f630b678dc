// Chooses source and function from one argument, two or none; in a terminal, asks for what is missing.
import type { Ask } from '../log/ask.ts';
import { shellWords } from '../log/shell-words.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';
import { type Given, wrong } from './given.ts';
import type { SourceName } from './sources/source.ts';
import {
  isSourceName,
  sourceNames,
  type Trigger,
  type TriggerFunction,
  triggerOf,
  triggersOf,
} from './sources/sources.ts';
import { functionNamed, type TriggerStage } from './trigger-stage.ts';

/** A function, and the one of its sources to publish to. */
export interface Chosen {
  readonly each: TriggerFunction;
  readonly trigger: Trigger;
}

/**
 * `words` are the command's arguments: `[source] [function]`. Without a source, it is the function's only one, or the only one
 * that takes the given flags. Throws LD_CONFIG with the candidates.
 */
export async function chooseTrigger(
  words: readonly string[],
  given: Given,
  stage: TriggerStage,
  ask: Ask | undefined,
): Promise<Chosen> {
  const [first, second, third] = words;
  if (third !== undefined)
    throw wrong(`unexpected argument: ${third}`, commandFor('SOURCE', 'FUNCTION', stage));
  if (first !== undefined && second !== undefined) {
    const each = functionNamed(second, stage);
    return { each, trigger: namedTrigger(sourceNamed(first), each, stage) };
  }
  const isFunction = stage.functions.some(({ name }) => name === first);
  if (first !== undefined && !isFunction && isSourceName(asSourceName(first))) {
    const source = sourceNamed(first);
    const each = await functionWith(source, stage, ask);
    return { each, trigger: namedTrigger(source, each, stage) };
  }
  const name = first ?? (await anyFunction(stage, ask));
  const each = functionNamed(name, stage);
  return { each, trigger: await onlyTrigger(each, given, stage, ask) };
}

/** As in livectl.json; a hyphen stands for the underscore of `function_url`. */
function asSourceName(word: string): string {
  return word.replaceAll('-', '_');
}

function sourceNamed(word: string): SourceName {
  const name = asSourceName(word);
  if (isSourceName(name)) return name;
  throw wrong(
    `there is no source ${JSON.stringify(word)}${didYouMean(word, sourceNames) || '.'}`,
    `sources: ${sourceNames.join(', ')}`,
  );
}

function namedTrigger(source: SourceName, each: TriggerFunction, stage: TriggerStage): Trigger {
  const trigger = triggerOf(source, each);
  if (trigger) return trigger;
  const has = triggersOf(each);
  throw wrong(
    `${each.name} has no trigger ${source}`,
    has.length === 0
      ? `it has no triggers: add one to "triggers" in livectl.json, or invoke it: ${commandFor('lambda', each.name, stage)}`
      : `its triggers: ${has.join(', ')}; use lambda to invoke it directly`,
  );
}

async function functionWith(
  source: SourceName,
  stage: TriggerStage,
  ask: Ask | undefined,
): Promise<TriggerFunction> {
  const candidates = stage.functions.filter((each) => triggerOf(source, each) !== undefined);
  const [only] = candidates;
  if (only === undefined) {
    const names = stage.functions.map(({ name }) => name).join(', ');
    throw wrong(`no function has a trigger ${source}`, `functions of ${stage.name}: ${names}`);
  }
  if (candidates.length === 1) return only;
  const names = candidates.map(({ name }) => name);
  if (ask) return functionNamed(await ask('Which function', names), stage);
  throw wrong(
    `which function? ${source} triggers ${names.join(', ')}`,
    commandFor(source, 'FUNCTION', stage),
  );
}

async function anyFunction(stage: TriggerStage, ask: Ask | undefined): Promise<string> {
  const names = stage.functions.map(({ name }) => name);
  if (ask) return ask('Which function', names);
  throw wrong('which function?', `functions of ${stage.name}: ${names.join(', ')}`);
}

async function onlyTrigger(
  each: TriggerFunction,
  given: Given,
  stage: TriggerStage,
  ask: Ask | undefined,
): Promise<Trigger> {
  const names = triggersOf(each);
  const fitting = names.filter((name) =>
    given.names.every((flag) => triggerOf(name, each)?.flags.includes(flag)),
  );
  const candidates = fitting.length > 0 ? fitting : names;
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return namedTrigger(only, each, stage);
  if (ask && only !== undefined)
    return namedTrigger(sourceNamed(await ask('Which source', candidates)), each, stage);
  if (only === undefined) {
    throw wrong(
      `${each.name} has no triggers`,
      `add one to "triggers" in livectl.json, or invoke it: ${commandFor('lambda', each.name, stage)}`,
    );
  }
  throw wrong(`which source? ${each.name} has ${candidates.join(', ')}`, commandFor(only, each.name, stage));
}

/** The command for a remedy. */
function commandFor(source: string, functionName: string, { args }: TriggerStage): string {
  return shellWords(['livectl', 'trigger', source, functionName, ...args]);
}
