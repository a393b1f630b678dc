// A small IAM: decides a request by identity policies, for what the module's policies use. Anything else throws,
// so that no statement passes unread. Rules: IAM User Guide, "Policy evaluation logic" and "Condition operators".
import * as v from 'valibot';

const list = v.union([
  v.array(v.string()),
  v.pipe(
    v.string(),
    v.transform((text) => [text]),
  ),
]);

const statementSchema = v.strictObject({
  Sid: v.optional(v.string()),
  Effect: v.picklist(['Allow', 'Deny']),
  Action: list,
  Resource: list,
  Condition: v.optional(v.record(v.string(), v.record(v.string(), list)), {}),
});
const policySchema = v.strictObject({
  Version: v.literal('2012-10-17'),
  Statement: v.array(statementSchema),
});

export interface AccessRequest {
  readonly action: string;
  readonly resource: string;
  /** Condition keys that the service fills in; one that is missing here is missing in the request. */
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

/** Whether the policies together let the request pass: an explicit Deny wins, and silence is no. */
export function isAllowed(policies: readonly unknown[], request: AccessRequest): boolean {
  const matching = policies
    .flatMap((policy) => v.parse(policySchema, policy).Statement)
    .filter(
      ({ Action, Resource, Condition }) =>
        Action.some((pattern) => matches(pattern.toLowerCase(), request.action.toLowerCase())) &&
        Resource.some((pattern) => matches(pattern, request.resource)) &&
        Object.entries(Condition).every(([operator, keys]) =>
          Object.entries(keys).every(([key, wanted]) => holds(operator, wanted, request.context?.[key])),
        ),
    );
  return (
    matching.some(({ Effect }) => Effect === 'Allow') && !matching.some(({ Effect }) => Effect === 'Deny')
  );
}

function holds(operator: string, wanted: readonly string[], given: readonly string[] | undefined): boolean {
  switch (operator) {
    case 'StringEquals':
      return given?.length === 1 && wanted.includes(given[0] ?? '');
    case 'ArnEquals': // As ArnLike: the pattern is compared part by part, and no part of ours has a wildcard.
    case 'StringLike':
      return given?.length === 1 && wanted.some((pattern) => matches(pattern, given[0] ?? ''));
    case 'ForAllValues:StringEquals':
      // True of no values at all, and of a key that isn't there.
      return (given ?? []).every((value) => wanted.includes(value));
    case 'Null':
      return wanted.includes(String(given === undefined || given.length === 0));
    default:
      throw new Error(`condition operator ${operator} is not known to this evaluator`);
  }
}

/** IAM's wildcards: `*` any text, `?` one character. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
