// Reads YAML and JSON files of other tools: bounded in size, depth and aliases, with CloudFormation's short forms.
import { readFileSync, statSync } from 'node:fs';
import { type CollectionTag, parseDocument, type ScalarTag, YAMLMap } from 'yaml';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';

/** CloudFormation takes templates of 1 MB: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const mostBytes = 1024 * 1024;
/** Aliases may stand for no more nodes than this, so that a few lines cannot become gigabytes. */
const mostAliases = 100;
const deepest = 100;

/** The value of a file; `!Ref x` is `{ Ref: x }`. Throws LD_CONFIG, with the line where it has one. */
export function readConfigFile(file: string): unknown {
  try {
    if (statSync(file).size > mostBytes) throw new Error('it is over 1 MB');
    const text = readFileSync(file, 'utf8');
    const value: unknown = file.endsWith('.json') ? JSON.parse(text) : parsed(text);
    if (isDeeper(value, deepest)) throw new Error(`it is nested over ${deepest} levels`);
    return value;
  } catch (cause) {
    const [line = ''] = messageOf(cause).split('\n');
    throw new LiveDebugError('LD_CONFIG', `${file} cannot be read: ${line.slice(0, 300)}`, {
      remedy: 'Correct the file, or write livectl.json by hand.',
      cause,
    });
  }
}

function parsed(text: string): unknown {
  const document = parseDocument(text, { customTags: shortForms(), merge: true, logLevel: 'error' });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return document.toJS({ maxAliasCount: mostAliases });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const functions = [
  'And Base64 Cidr Equals FindInMap GetAtt GetAZs If ImportValue Join Length Not Or Select Split Sub',
  'ToJsonString Transform',
]
  .join(' ')
  .split(' ');

function shortForms(): (CollectionTag | ScalarTag)[] {
  const forms = functions.map((name) => [`!${name}`, `Fn::${name}`] as const);
  return [...forms, ['!Ref', 'Ref'] as const, ['!Condition', 'Condition'] as const].flatMap(([tag, key]) => [
    { tag, resolve: (text: string) => ({ [key]: text }) },
    ...(['seq', 'map'] as const).map((collection) => ({
      tag,
      collection,
      resolve(node: unknown) {
        const map = new YAMLMap();
        map.set(key, node);
        return map;
      },
    })),
  ]);
}

/** Without recursion deeper than `most`. */
function isDeeper(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((each) => isDeeper(each, most - 1));
}
