// What to insert into the block of a function, or into the module block that declares it, so that the function can be wrapped.
import type { HclPlace } from './hcl-places.ts';
import type { Insertion } from './unified-diff.ts';

/** A block in its file. */
export interface FoundPlace {
  readonly file: string;
  readonly text: string;
  readonly place: HclPlace;
}

/** Expressions for `layers` and for the variables, both empty while the stage is not live. */
export interface WrapValues {
  readonly layers: string;
  readonly environment: string;
}

/**
 * Undefined if the block has a form that is not recognised. None if it has them already. `hasVariables`: each function of the block
 * has variables of its own.
 */
export function resourceInsertions(
  found: FoundPlace,
  values: WrapValues,
  hasVariables: boolean,
): Insertion[] | undefined {
  const { place, text } = found;
  const content = place.content ?? [];
  const environments = content.filter(
    ({ content: its, name }) => its !== undefined && name === 'environment',
  );
  const dynamic = content.find(
    ({ labels, name }) => name === 'dynamic' && labels.length === 1 && labels[0] === 'environment',
  );
  const isDone = dynamic !== undefined && text.slice(dynamic.from, dynamic.to).includes('module.live_debug.');
  // Its `for_each` may give no block, and then the wrapper would have no variables.
  if ((dynamic !== undefined && !isDone) || environments.length > 1) return undefined;
  const layers = merged(found, place, 'layers', 'concat', values.layers);
  const [environment] = environments;
  const variables =
    environment === undefined ? [] : merged(found, environment, 'variables', 'merge', values.environment);
  if (layers === undefined || variables === undefined) return undefined;
  // hashicorp/aws takes a new block for none while its variables are unknown, and the apply fails: inconsistent final plan.
  if (environment !== undefined && variables.every(({ text: its }) => its !== '') && !hasVariables)
    return undefined;
  const added = [
    ...(layers.length > 0 ? [] : [`layers = ${values.layers}`]),
    ...(environment !== undefined || isDone
      ? []
      : [...(layers.length > 0 ? [] : ['']), ...dynamicBlock(values)]),
  ];
  const inEnvironment =
    environment === undefined || variables.length > 0
      ? variables
      : linesBefore(text, environment, [`variables = ${values.environment}`], false);
  const atEnd = added.length === 0 ? [] : linesBefore(text, place, added, true);
  if (inEnvironment === undefined || atEnd === undefined) return undefined;
  return [...layers, ...inEnvironment, ...atEnd].filter((each) => each.text !== '');
}

/** Of a function without variables. `for_each` is unknown until the apply, and so is the block. */
function dynamicBlock({ environment }: WrapValues): string[] {
  return [
    'dynamic "environment" {',
    `  for_each = [for variables in [${environment}] : variables if length(variables) > 0]`,
    '',
    '  content {',
    '    variables = environment.value',
    '  }',
    '}',
  ];
}

/** As `resourceInsertions`, for a module with the variables of terraform-aws-modules/lambda. */
export function moduleInsertions(found: FoundPlace, values: WrapValues): Insertion[] | undefined {
  const { place, text } = found;
  const layers = merged(found, place, 'layers', 'concat', values.layers);
  const variables = merged(found, place, 'environment_variables', 'merge', values.environment);
  if (layers === undefined || variables === undefined) return undefined;
  const added = [
    ...(layers.length > 0 ? [] : [`layers = ${values.layers}`]),
    ...(variables.length > 0 ? [] : [`environment_variables = ${values.environment}`]),
  ];
  const atEnd = added.length === 0 ? [] : linesBefore(text, place, aligned(added), true);
  return atEnd === undefined
    ? undefined
    : [...layers, ...variables, ...atEnd].filter((each) => each.text !== '');
}

/** `name = value` as `name = call(value, more)`. None if the block does not set it; empty texts if it has it already. */
function merged(
  { text }: FoundPlace,
  block: HclPlace,
  name: string,
  call: 'concat' | 'merge',
  more: string,
): Insertion[] | undefined {
  const its = block.content?.find((each) => each.name === name);
  if (its === undefined) return [];
  if (its.content !== undefined) return undefined;
  const value = text.slice(its.from, its.to);
  if (value.includes('module.live_debug.')) return [{ at: its.from, text: '' }];
  // A heredoc ends with its line.
  if (value.includes('<<')) return undefined;
  // merge() takes null for an empty object, and concat() does not take it.
  const mayBeNull = call === 'concat' && !/^(?:\[|concat\(|compact\(|flatten\(|tolist\(\[)/.test(value);
  return [
    { at: its.from, text: `${call}(${mayBeNull ? 'coalesce(' : ''}` },
    { at: its.to, text: `${mayBeNull ? ', [])' : ''}, ${more})` },
  ];
}

/** As `terraform fmt` aligns arguments that follow each other. */
function aligned(lines: readonly string[]): string[] {
  const width = Math.max(...lines.map((line) => line.indexOf(' =')));
  return lines.map((line) => {
    const at = line.indexOf(' =');
    return `${line.slice(0, at).padEnd(width)}${line.slice(at)}`;
  });
}

/** Lines in front of a block's closing brace, which must be alone on its line; an empty one first if asked for. */
function linesBefore(
  text: string,
  { content, to }: HclPlace,
  lines: readonly string[],
  isApart: boolean,
): Insertion[] | undefined {
  const start = text.lastIndexOf('\n', to - 1) + 1;
  const indent = text.slice(start, to);
  if (indent.trim() !== '') return undefined;
  const newline = text[start - 2] === '\r' ? '\r\n' : '\n';
  const all = isApart && (content?.length ?? 0) > 0 ? ['', ...lines] : lines;
  return [
    { at: start, text: all.map((line) => (line === '' ? newline : `${indent}  ${line}${newline}`)).join('') },
  ];
}
