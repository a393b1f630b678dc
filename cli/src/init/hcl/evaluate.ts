// Evaluates an expression of Terraform's language, as far as the files tell its value.
import { callFunction } from './functions.ts';
import type { Expression } from './syntax.ts';
import {
  asText,
  hasReference,
  isList,
  isObjectValue,
  objectOf,
  ownOf,
  Unknown,
  unknownIn,
  type Value,
  weightOf,
} from './values.ts';

/** Where names have their meaning. */
export interface Scope {
  /** The value of a reference: `path` are the names and keys from its first one on. Takes as many of them as it needs. */
  lookUp(path: readonly (string | number)[]): { readonly value: Value; readonly used: number };
  /** The text of a file of the project, by its path as it is written; unknown where it is not to be read. */
  file(path: string): Value;
  /** Counts one step; unknown once there were too many. */
  step(): Unknown | undefined;
}

/** Items of one list or object, and characters of one text; more is unknown. */
const mostItems = 10_000;
const longestText = 256 * 1024;
/** Of one value, with all that is in it. */
const mostCharacters = 4 * 1024 * 1024;

/** Never throws for what an expression has; `names` are those of `for`, of `dynamic` and of a splat. */
export function evaluate(
  expression: Expression,
  scope: Scope,
  names: ReadonlyMap<string, Value> = new Map(),
): Value {
  const over = scope.step();
  if (over !== undefined) return over;
  const value = evaluated(expression, scope, names);
  return weightOf(value) > mostCharacters
    ? new Unknown(`a value has over ${mostCharacters} characters`)
    : value;
}

function evaluated(expression: Expression, scope: Scope, names: ReadonlyMap<string, Value>): Value {
  const of = (each: Expression) => evaluate(each, scope, names);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'template':
      return joined(expression.parts.map(of));
    case 'item':
      return present(names.get('*'), 'it is not in a list');
    case 'name':
    case 'index':
      return reached(expression, scope, names);
    case 'splat': {
      const list = of(expression.of);
      if (list instanceof Unknown) return list;
      // Of a single value it makes a list.
      const items = isList(list) ? list : list === null ? [] : [list];
      return bounded(items.map((item) => evaluate(expression.each, scope, new Map([...names, ['*', item]]))));
    }
    case 'call':
      return call(expression, scope, of);
    case 'condition': {
      const test = of(expression.test);
      if (test === true || test === 'true') return of(expression.yes);
      return test === false || test === 'false' ? of(expression.no) : reasonOf(test);
    }
    case 'binary':
      return binary(expression.operator, of(expression.left), () => of(expression.right));
    case 'unary': {
      const value = of(expression.of);
      if (expression.operator === '-') return typeof value === 'number' ? -value : reasonOf(value);
      return typeof value === 'boolean' ? !value : reasonOf(value);
    }
    case 'tuple':
      return bounded(expression.items.map(of));
    case 'object': {
      const entries: [string, Value][] = [];
      for (const [key, value] of expression.items) {
        const name = of(key);
        const text = asText(name);
        if (text === undefined || hasReference(text)) return reasonOf(name);
        entries.push([text, of(value)]);
      }
      return objectOf(entries);
    }
    case 'for':
      return forEach(expression, scope, names);
    case 'unsupported':
      return new Unknown(`${expression.what} is not evaluated`);
  }
}

/** `null` is a value. */
function present(value: Value | undefined, why: string): Value {
  return value === undefined ? new Unknown(why) : value;
}

/** What makes a value unusable here. */
function reasonOf(value: Value): Unknown {
  return unknownIn(value) ?? new Unknown('a value has another type than expected');
}

function bounded(items: readonly Value[]): Value {
  return items.length > mostItems ? new Unknown(`a list has over ${mostItems} items`) : items;
}

function joined(parts: readonly Value[]): Value {
  let text = '';
  for (const part of parts) {
    const its = asText(part);
    if (its === undefined) return reasonOf(part);
    text += its;
    if (text.length > longestText) return new Unknown(`a text has over ${longestText} characters`);
  }
  return text;
}

/** `a.b["c"][0]`: what the scope takes of it, then the rest step by step. */
function reached(expression: Expression, scope: Scope, names: ReadonlyMap<string, Value>): Value {
  const keys: (string | number)[] = [];
  let first = expression;
  for (; first.kind === 'index'; first = first.of) {
    const key = evaluate(first.key, scope, names);
    if (typeof key !== 'string' && typeof key !== 'number') return reasonOf(key);
    if (hasReference(key)) return reasonOf(key);
    keys.unshift(key);
  }
  if (first.kind !== 'name') return stepped(evaluate(first, scope, names), keys);
  const own = names.get(first.name);
  if (own !== undefined) return stepped(own, keys);
  const { used, value } = scope.lookUp([first.name, ...keys]);
  return stepped(value, keys.slice(used - 1));
}

function stepped(from: Value, keys: readonly (string | number)[]): Value {
  let value = from;
  for (const key of keys) {
    if (value instanceof Unknown) return value;
    let next: Value | undefined;
    if (isList(value)) next = value[Number(key)];
    else if (isObjectValue(value)) next = ownOf(value, String(key));
    else return value === null ? new Unknown('a value is null', true) : reasonOf(value);
    if (next === undefined) return new Unknown(`there is no ${JSON.stringify(key)} in a value`, true);
    value = next;
  }
  return value;
}

function call(
  { args, isSpread, name }: Extract<Expression, { kind: 'call' }>,
  scope: Scope,
  of: (each: Expression) => Value,
): Value {
  // These take the first argument that has a value.
  if (name === 'try' || name === 'can') {
    const values = args.map(of);
    const first = values.find((each) => !(each instanceof Unknown && each.isMissing));
    if (name === 'try') return present(first === undefined ? values[0] : first, 'try has no argument');
    return new Unknown('can is not evaluated');
  }
  const values = args.map(of);
  if (isSpread) {
    const last = values.pop() ?? null;
    if (!isList(last)) return reasonOf(last);
    values.push(...last);
  }
  if (name === 'file' || name === 'templatefile') {
    const [path = null] = values;
    if (name === 'templatefile') return new Unknown('templatefile is not evaluated');
    return typeof path === 'string' && !hasReference(path) ? scope.file(path) : reasonOf(path);
  }
  const result = callFunction(name, values);
  if (typeof result === 'string' && result.length > longestText)
    return new Unknown(`a text has over ${longestText} characters`);
  if (isList(result)) return bounded(result);
  return result;
}

function binary(operator: string, left: Value, rightOf: () => Value): Value {
  if (left instanceof Unknown) return left;
  // Terraform evaluates both; the right one may be unknown where it does not matter.
  if (operator === '&&' && left === false) return false;
  if (operator === '||' && left === true) return true;
  const right = rightOf();
  const unknown = unknownIn(left) ?? unknownIn(right);
  if (unknown !== undefined) return unknown;
  switch (operator) {
    case '==':
      return isSame(left, right);
    case '!=':
      return !isSame(left, right);
    case '&&':
    case '||':
      return typeof right === 'boolean' ? right : reasonOf(right);
  }
  if (typeof left !== 'number' || typeof right !== 'number') return reasonOf(left);
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? new Unknown('a number is divided by zero') : left / right;
    case '%':
      return right === 0 ? new Unknown('a number is divided by zero') : left % right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    default:
      return left >= right;
  }
}

function isSame(left: Value, right: Value): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return left === right;
  const [one, other] = [Object.entries(left), Object.entries(right)];
  return (
    isList(left) === isList(right) &&
    one.length === other.length &&
    one.every(([name, value]) =>
      isList(right)
        ? isSame(value, right[Number(name)] ?? null)
        : isObjectValue(right) && Object.hasOwn(right, name) && isSame(value, ownOf(right, name) ?? null),
    )
  );
}

function forEach(
  expression: Extract<Expression, { kind: 'for' }>,
  scope: Scope,
  names: ReadonlyMap<string, Value>,
): Value {
  const over = evaluate(expression.over, scope, names);
  if (!isList(over) && !isObjectValue(over)) return reasonOf(over);
  const entries: (readonly [string | number, Value])[] = isList(over)
    ? over.map((value, at) => [at, value] as const)
    : Object.entries(over);
  const [first = '', second] = expression.names;
  const values: Value[] = [];
  const groups = new Map<string, Value[]>();
  for (const [at, value] of entries) {
    const own: [string, Value][] =
      second === undefined
        ? [[first, value]]
        : [
            [first, at],
            [second, value],
          ];
    const inner = new Map([...names, ...own]);
    if (expression.when !== undefined) {
      const isTaken = evaluate(expression.when, scope, inner);
      if (isTaken === false) continue;
      if (isTaken !== true) return reasonOf(isTaken);
    }
    const result = evaluate(expression.value, scope, inner);
    if (expression.key === undefined) {
      values.push(result);
      continue;
    }
    const key = evaluate(expression.key, scope, inner);
    const text = asText(key);
    if (text === undefined || hasReference(text)) return reasonOf(key);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [result]);
    else group.push(result);
  }
  if (expression.key === undefined) return bounded(values);
  return objectOf(
    [...groups].map(([key, its]) => [key, expression.isGrouped ? its : (its.at(-1) ?? null)] as const),
  );
}
