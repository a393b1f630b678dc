// What a variable's type makes of its value: conversions, and `optional(TYPE, DEFAULT)` of an object.
// https://developer.hashicorp.com/terraform/language/expressions/type-constraints#optional-object-type-attributes
import type { Expression } from '../hcl/syntax.ts';
import { asText, isList, isObjectValue, objectOf, ownOf, Unknown, type Value } from '../hcl/values.ts';

/** The value as its type has it; `evaluate` gives the value of a default. What cannot be converted stays. */
export function ofType(
  value: Value,
  type: Expression | undefined,
  evaluate: (expression: Expression) => Value,
): Value {
  if (type?.kind === 'name') return converted(value, type.name);
  if (type?.kind !== 'call' || value instanceof Unknown) return value;
  const [inner, otherwise] = type.args;
  const of = (each: Value) => ofType(each, inner, evaluate);
  switch (type.name) {
    case 'optional':
      return of(value === null && otherwise !== undefined ? evaluate(otherwise) : value);
    case 'list':
      return isList(value) ? value.map(of) : value;
    case 'set':
      return isList(value) ? [...new Set(value.map(of))] : value;
    case 'map':
      return isObjectValue(value)
        ? objectOf(Object.entries(value).map(([name, each]) => [name, of(each)] as const))
        : value;
    case 'object': {
      if (!isObjectValue(value) || inner?.kind !== 'object') return value;
      return objectOf(
        inner.items.flatMap(([key, its]) => {
          const name = key.kind === 'literal' ? String(key.value) : undefined;
          if (name === undefined) return [];
          return [[name, ofType(ownOf(value, name) ?? null, its, evaluate)] as const];
        }),
      );
    }
    default:
      return value;
  }
}

function converted(value: Value, type: string): Value {
  if (type === 'string') return asText(value) ?? value;
  if (type === 'number' && typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
    return Number(value);
  if (type === 'bool' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
