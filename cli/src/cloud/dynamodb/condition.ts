// DynamoDB: the form of a parsed condition, and whether an item meets it.
import { type AttributeValue, compareValues, elementsOf, type Item, sameValue } from './attribute-value.ts';

export type Operand =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: AttributeValue };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly condition: Condition }
  | {
      readonly kind: 'compare';
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: 'between'; readonly subject: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly subject: Operand; readonly options: readonly Operand[] }
  | { readonly kind: 'attribute_exists' | 'attribute_not_exists'; readonly subject: Operand }
  | { readonly kind: 'begins_with' | 'contains'; readonly subject: Operand; readonly part: Operand };

/** Whether the item, or an empty one if there is none, meets the condition. */
export function meets(item: Item, condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
      return meets(item, condition.left) && meets(item, condition.right);
    case 'or':
      return meets(item, condition.left) || meets(item, condition.right);
    case 'not':
      return !meets(item, condition.condition);
    case 'compare':
      return compare(condition.comparator, resolve(item, condition.left), resolve(item, condition.right));
    case 'between': {
      const subject = resolve(item, condition.subject);
      return (
        compare('>=', subject, resolve(item, condition.low)) &&
        compare('<=', subject, resolve(item, condition.high))
      );
    }
    case 'in': {
      const subject = resolve(item, condition.subject);
      return condition.options.some((option) => compare('=', subject, resolve(item, option)));
    }
    case 'attribute_exists':
      return resolve(item, condition.subject) !== undefined;
    case 'attribute_not_exists':
      return resolve(item, condition.subject) === undefined;
    case 'begins_with':
      return beginsWith(resolve(item, condition.subject), resolve(item, condition.part));
    case 'contains':
      return contains(resolve(item, condition.subject), resolve(item, condition.part));
  }
}

/** The attributes that a condition reads. */
export function attributesOf(condition: Condition): string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return [...attributesOf(condition.left), ...attributesOf(condition.right)];
    case 'not':
      return attributesOf(condition.condition);
    default:
      return operandsOf(condition).flatMap((operand) => (operand.kind === 'attribute' ? [operand.name] : []));
  }
}

/** The operands of a condition that contains no conditions. */
export function operandsOf(leaf: Exclude<Condition, { kind: 'and' | 'or' | 'not' }>): readonly Operand[] {
  switch (leaf.kind) {
    case 'compare':
      return [leaf.left, leaf.right];
    case 'between':
      return [leaf.subject, leaf.low, leaf.high];
    case 'in':
      return [leaf.subject, ...leaf.options];
    case 'begins_with':
    case 'contains':
      return [leaf.subject, leaf.part];
    default:
      return [leaf.subject];
  }
}

function resolve(item: Item, operand: Operand): AttributeValue | undefined {
  return operand.kind === 'literal' ? operand.value : item.get(operand.name);
}

function compare(
  comparator: Comparator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  // A missing attribute equals nothing, and so differs from everything.
  if (left === undefined || right === undefined) return comparator === '<>';
  if (comparator === '=') return sameValue(left, right);
  if (comparator === '<>') return !sameValue(left, right);
  const order = compareValues(left, right);
  if (order === undefined) return false;
  switch (comparator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function beginsWith(subject: AttributeValue | undefined, part: AttributeValue | undefined): boolean {
  if (subject === undefined || part === undefined) return false;
  if ('S' in subject && 'S' in part) return subject.S.startsWith(part.S);
  if (!('B' in subject && 'B' in part)) return false;
  const prefix = Buffer.from(part.B, 'base64');
  return Buffer.from(subject.B, 'base64').subarray(0, prefix.length).equals(prefix);
}

function contains(subject: AttributeValue | undefined, part: AttributeValue | undefined): boolean {
  if (subject === undefined || part === undefined) return false;
  if ('S' in subject && 'S' in part) return subject.S.includes(part.S);
  if ('B' in subject && 'B' in part) {
    return Buffer.from(subject.B, 'base64').includes(Buffer.from(part.B, 'base64'));
  }
  if ('L' in subject) return subject.L.some((each) => sameValue(each, part));
  const setOfPart =
    ('SS' in subject && 'S' in part) || ('NS' in subject && 'N' in part) || ('BS' in subject && 'B' in part);
  return setOfPart && elementsOf(subject).includes(elementsOf(part)[0]);
}
