// What invokes a function, as far as a Terraform state or plan shows it: for the local cloud.
import * as v from 'valibot';
import { checkTriggers } from '../manifest/trigger-rules.ts';
import { triggersSchema } from '../manifest/trigger-schema.ts';
import { hasReference } from './hcl/values.ts';
import { ofType, type TerraformResource } from './terraform-json.ts';
import { type Candidate, isText, type Written } from './triggers/candidate.ts';
import { eventCandidates } from './triggers/event-candidates.ts';
import { httpCandidates } from './triggers/http-candidates.ts';

/** What invokes one function. */
export interface FoundTriggers {
  /** `triggers` in livectl.json; a source appears once, since livectl.json takes one of each. */
  readonly triggers: Readonly<Record<string, unknown>>;
  /** Each that is not written, or not as it is on AWS: a sentence with its address and the reason. */
  readonly notices: readonly string[];
}

/** The rest is counted: an API may have hundreds of routes to one function. */
const mostNotices = 20;
/** A Lambda ARN has less than 200 characters, API Gateway's path around it 100. */
const longestTarget = 1000;

/** Of a function in any module. Costs the same for each, however many there are. */
export function triggersOf(
  { address, values }: TerraformResource,
  resources: readonly TerraformResource[],
): FoundTriggers {
  const index = indexOf(resources);
  const names = [values.arn, values.invoke_arn, values.function_name, values.qualified_arn];
  const own = names.filter(isText).map((each) => each.slice(0, longestTarget));
  const itsOwn = <Item>(map: ReadonlyMap<string, readonly Item[]>) => [
    ...new Set(own.flatMap((each) => map.get(each) ?? [])),
  ];
  const candidates = itsOwn(index.candidates).sort((one, other) => one.order - other.order);
  const triggers: Record<string, unknown> = {};
  const notices: string[] = [];
  const taken = new Map<string, string>();
  const timeout = typeof values.timeout === 'number' ? values.timeout : 3;
  const preferred = [...candidates].sort((one, other) => rank(one) - rank(other));
  for (const { address: its, content } of preferred) {
    const notWritten = (why: string) =>
      notices.push(`${its}, a trigger of ${address}, is not written: ${why}`);
    if ('why' in content) {
      notWritten(content.why);
      continue;
    }
    const { differs, kind, trigger } = content;
    const before = taken.get(kind);
    const mistake = before === undefined ? mistakeOf(content, timeout) : undefined;
    if (before !== undefined)
      notWritten(`livectl.json takes one ${kind} trigger of a function, and has that of ${before}`);
    else if (mistake !== undefined) notWritten(mistake);
    else {
      taken.set(kind, its);
      triggers[kind] = trigger;
      if (differs !== undefined) notices.push(`${its}, a trigger of ${address}, is written ${differs}`);
    }
  }
  notices.push(...permissionNotices(address, candidates, itsOwn(index.permissions)));
  const more = notices.length - mostNotices;
  return {
    triggers,
    notices:
      more > 0
        ? [...notices.slice(0, mostNotices), `${more} more about triggers of ${address} are not shown`]
        : notices,
  };
}

function rank({ content }: Candidate): number {
  return 'why' in content || content.isPreferred !== true ? 1 : 0;
}

/** Why livectl.json cannot have it; undefined: it can. */
function mistakeOf({ kind, trigger }: Written, timeout: number): string | undefined {
  if (refersTo(trigger)) return 'a part of it is only known after an apply';
  const parsed = v.safeParse(triggersSchema, { [kind]: trigger });
  if (!parsed.success) return parsed.issues[0].message;
  const mistakes: string[] = [];
  checkTriggers(parsed.output, timeout, ([, field], text) => mistakes.push(`${field} ${text}`));
  return mistakes[0];
}

/** Whether any text in it stands for what only an apply knows. */
function refersTo(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(refersTo);
  return hasReference(value);
}

/** Who may invoke the function, although nothing was found by which it would. */
function permissionNotices(
  address: string,
  candidates: readonly Candidate[],
  permissions: readonly TerraformResource[],
): string[] {
  const seen = new Set<unknown>(candidates.map(({ principal }) => principal));
  const notices: string[] = [];
  for (const { address: its, values } of permissions) {
    const { principal } = values;
    // Accounts and roles call a function themselves.
    if (!isText(principal) || !/^[a-z][\w-]{0,60}(?:\.[\w-]{1,60}){1,4}$/.test(principal)) continue;
    if (seen.has(principal)) continue;
    seen.add(principal);
    const why = withTriggers.has(principal)
      ? 'what it invokes the function by was not found here: it may be in another state, or known after an apply only'
      : 'livectl.json has no such trigger; use livectl invoke --event';
    notices.push(`${its} lets ${principal} invoke ${address}: ${why}`);
  }
  return notices;
}

const withTriggers = new Set([
  'apigateway.amazonaws.com',
  'events.amazonaws.com',
  's3.amazonaws.com',
  'scheduler.amazonaws.com',
  'sns.amazonaws.com',
]);

interface Index {
  /** By what they invoke. */
  readonly candidates: ReadonlyMap<string, readonly (Candidate & { readonly order: number })[]>;
  readonly permissions: ReadonlyMap<string, readonly TerraformResource[]>;
}

const indexes = new WeakMap<readonly TerraformResource[], Index>();

/** Made once: 1,000 functions with 10 mappings each would be compared 10 million times. */
function indexOf(resources: readonly TerraformResource[]): Index {
  const before = indexes.get(resources);
  if (before !== undefined) return before;
  const of = (type: string) => ofType(resources, type).filter(({ isData }) => !isData);
  const candidates = [...eventCandidates(of), ...httpCandidates(of)].map((each, order) => ({
    ...each,
    order,
  }));
  const index: Index = {
    candidates: byTarget(candidates, ({ target }) => target),
    permissions: byTarget(of('aws_lambda_permission'), ({ values }) => values.function_name),
  };
  indexes.set(resources, index);
  return index;
}

function byTarget<Item>(items: readonly Item[], targetOf: (item: Item) => unknown): Map<string, Item[]> {
  const found = new Map<string, Item[]>();
  for (const item of items) {
    const target = targetOf(item);
    if (!isText(target) || target.length > longestTarget) continue;
    for (const key of new Set([target, withoutQualifier(target)])) {
      const same = found.get(key);
      if (same === undefined) found.set(key, [item]);
      else same.push(item);
    }
  }
  return found;
}

/** Of a version or an alias, by ARN or by name; API Gateway has the ARN within its own path. */
function withoutQualifier(target: string): string {
  const arn = /(arn:[\w-]{1,20}:lambda:[\w-]{1,30}:\d{12}:function:[\w-]{1,140})/.exec(target)?.[1];
  return arn ?? /^(?:\d{12}:function:)?([\w-]{1,140}):[\w$-]{1,128}$/.exec(target)?.[1] ?? target;
}
