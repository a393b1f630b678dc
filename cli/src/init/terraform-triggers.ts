// What invokes a function, as far as a Terraform state or plan shows it: for the local cloud.
import { ofType, type TerraformResource } from './terraform-json.ts';
import { type Candidate, isText } from './triggers/candidate.ts';
import { chosenTriggers, type FoundTriggers } from './triggers/chosen-triggers.ts';
import { eventCandidates } from './triggers/event-candidates.ts';
import { httpCandidates } from './triggers/http-candidates.ts';

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
  const timeout = typeof values.timeout === 'number' ? values.timeout : 3;
  const more = permissionNotices(address, candidates, itsOwn(index.permissions));
  return chosenTriggers(address, candidates, timeout, more);
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
