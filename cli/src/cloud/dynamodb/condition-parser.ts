// DynamoDB: parses ConditionExpression, FilterExpression and KeyConditionExpression.
import { type AttributeValue, compareValues, elementsOf, typeOf } from './attribute-value.ts';
import { type Comparator, type Condition, type Operand, operandsOf } from './condition.ts';
import { unsupported } from './dynamodb-error.ts';
import type { ExpressionAttributes } from './expression-attributes.ts';
import { Complaints, ExpressionReader } from './expression-reader.ts';

const wholeOrder = ['parentheses', 'unknownFunction', 'misusedFunction', 'reserved', 'leaf'] as const;
const leafOrder = ['undefined', 'operandCount', 'distinct', 'operandType'] as const;
/** Number of operands of each function. */
const functions = new Map([
  ['attribute_exists', 1],
  ['attribute_not_exists', 1],
  ['begins_with', 2],
  ['contains', 2],
]);
const otherFunctions = new Set(['attribute_type', 'size']);
const comparators = new Set<string>(['=', '<>', '<', '<=', '>', '>=']);
const orderedTypes = new Set(['S', 'N', 'B']);

/** Throws a ValidationException, worded as by DynamoDB, for an invalid expression. */
export function parseCondition(parameter: string, text: string, attributes: ExpressionAttributes): Condition {
  return new ConditionParser(new ExpressionReader(parameter, text, attributes)).parse();
}

type Leaf = Exclude<Condition, { kind: 'and' | 'or' | 'not' }>;

class ConditionParser {
  readonly #reader: ExpressionReader;
  readonly #complaints = new Complaints(wholeOrder);
  /** Complaints about the leaf being parsed. */
  #leaf = new Complaints(leafOrder);
  /** The condition between the last pair of parentheses. */
  #parenthesised: Condition | undefined;

  constructor(reader: ExpressionReader) {
    this.#reader = reader;
  }

  parse(): Condition {
    const condition = this.#or();
    this.#reader.expectEnd();
    const { worst } = this.#complaints;
    if (worst !== undefined) throw this.#reader.error(worst);
    return condition;
  }

  #or(): Condition {
    let left = this.#and();
    while (this.#reader.takeKeyword('OR')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Condition {
    let left = this.#not();
    while (this.#reader.takeKeyword('AND')) left = { kind: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Condition {
    return this.#reader.takeKeyword('NOT') ? { kind: 'not', condition: this.#not() } : this.#primary();
  }

  #primary(): Condition {
    if (!this.#reader.takeSymbol('(')) return this.#wholeLeaf();
    const inner = this.#or();
    this.#reader.expectSymbol(')');
    if (inner === this.#parenthesised) {
      this.#complaints.note('parentheses', 'The expression has redundant parentheses;');
    }
    this.#parenthesised = inner;
    return inner;
  }

  #wholeLeaf(): Condition {
    this.#leaf = new Complaints(leafOrder);
    const leaf = this.#isCall() ? this.#call() : this.#comparison();
    this.#checkDistinct(leaf);
    const { worst } = this.#leaf;
    if (worst !== undefined) this.#complaints.note('leaf', worst);
    return leaf;
  }

  #isCall(): boolean {
    return this.#reader.peek().kind === 'word' && this.#reader.peek(1).text === '(';
  }

  #call(): Leaf {
    const name = this.#reader.next().text;
    const operands = this.#list();
    const wanted = functions.get(name);
    if (otherFunctions.has(name)) throw unsupported(`the function ${name} in expressions`);
    if (wanted === undefined) {
      this.#complaints.note('unknownFunction', `Invalid function name; function: ${name}`);
    } else if (operands.length !== wanted) {
      this.#leaf.note(
        'operandCount',
        `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
      );
    }
    if (comparators.has(this.#reader.peek().text)) {
      this.#misused(name);
      this.#reader.next();
      this.#operand();
    }
    const [subject = nothing, part = nothing] = operands;
    if (name === 'attribute_exists' || name === 'attribute_not_exists') {
      if (subject.kind !== 'attribute') {
        const words = 'Operator or function requires a document path; operator or function';
        this.#leaf.note('operandType', `${words}: ${name}`);
      }
      return { kind: name, subject };
    }
    if (name === 'begins_with') {
      for (const operand of operands) {
        const type = literalType(operand);
        if (type !== undefined && type !== 'S' && type !== 'B')
          this.#wrongType(`operator or function: ${name}`, type);
      }
    }
    return { kind: name === 'begins_with' ? name : 'contains', subject, part };
  }

  #comparison(): Leaf {
    const subject = this.#operand();
    if (this.#reader.takeKeyword('BETWEEN')) {
      const low = this.#operand();
      if (!this.#reader.takeKeyword('AND')) throw this.#reader.syntaxError();
      const high = this.#operand();
      this.#checkOrdered('BETWEEN', [subject, low, high]);
      this.#checkBounds(low, high);
      return { kind: 'between', subject, low, high };
    }
    if (this.#reader.takeKeyword('IN')) return { kind: 'in', subject, options: this.#list() };
    if (!comparators.has(this.#reader.peek().text)) throw this.#reader.syntaxError();
    const comparator = this.#reader.next().text as Comparator;
    const right = this.#operand();
    if (comparator !== '=' && comparator !== '<>') this.#checkOrdered(comparator, [subject, right]);
    return { kind: 'compare', comparator, left: subject, right };
  }

  #list(): Operand[] {
    this.#reader.expectSymbol('(');
    const operands = [this.#operand()];
    while (this.#reader.takeSymbol(',')) operands.push(this.#operand());
    this.#reader.expectSymbol(')');
    return operands;
  }

  #operand(): Operand {
    if (this.#isCall()) {
      const name = this.#reader.next().text;
      this.#list();
      if (otherFunctions.has(name)) throw unsupported(`the function ${name} in expressions`);
      if (!functions.has(name)) {
        this.#complaints.note('unknownFunction', `Invalid function name; function: ${name}`);
      }
      this.#misused(name);
      return nothing;
    }
    if (this.#reader.peek().kind === 'value') {
      return {
        kind: 'literal',
        value: this.#reader.readValue((_, message) => this.#leaf.note('undefined', message)),
      };
    }
    const name = this.#reader.readName((kind, message) => {
      if (kind === 'reserved') this.#complaints.note('reserved', message);
      else this.#leaf.note('undefined', message);
    });
    return { kind: 'attribute', name };
  }

  #misused(name: string): void {
    const words = 'The function is not allowed to be used this way in an expression; function';
    this.#complaints.note('misusedFunction', `${words}: ${name}`);
  }

  #wrongType(operator: string, type: string): void {
    const words = 'Incorrect operand type for operator or function';
    this.#leaf.note('operandType', `${words}; ${operator}, operand type: ${type}`);
  }

  #checkOrdered(operator: string, operands: readonly Operand[]): void {
    for (const operand of operands) {
      const type = literalType(operand);
      if (type !== undefined && !orderedTypes.has(type)) this.#wrongType(`operator: ${operator}`, type);
    }
  }

  #checkBounds(low: Operand, high: Operand): void {
    if (low.kind !== 'literal' || high.kind !== 'literal') return;
    const order = compareValues(low.value, high.value);
    const bounds = `lower bound operand: ${shown(low.value)}, upper bound operand: ${shown(high.value)}`;
    if (typeOf(low.value) !== typeOf(high.value)) {
      this.#leaf.note(
        'operandType',
        `The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`,
      );
    } else if (order !== undefined && order > 0) {
      this.#leaf.note(
        'operandType',
        `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`,
      );
    }
  }

  #checkDistinct(leaf: Leaf): void {
    const [first, second, ...more] = operandsOf(leaf);
    if (first?.kind !== 'attribute' || second?.kind !== 'attribute' || more.length > 0) return;
    if (first.name !== second.name || leaf.kind === 'in') return;
    const operator = leaf.kind === 'compare' ? leaf.comparator : leaf.kind;
    this.#leaf.note(
      'distinct',
      `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: [${first.name}]`,
    );
  }
}

/** Stands for a missing or invalid operand, about which a complaint was noted. */
const nothing: Operand = { kind: 'literal', value: { NULL: true } };

function literalType(operand: Operand): string | undefined {
  return operand.kind === 'literal' && operand !== nothing ? typeOf(operand.value) : undefined;
}

function shown(value: AttributeValue): string {
  return `AttributeValue: {${typeOf(value)}:${elementsOf(value).join(', ')}}`;
}
