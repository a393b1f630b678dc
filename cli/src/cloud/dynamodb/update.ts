// DynamoDB: parses an UpdateExpression (SET and REMOVE) and applies it to an item.
import { type AttributeType, type AttributeValue, type Item, typeOf } from './attribute-value.ts';
import { addDecimals, decimalText, parseDecimal, subtractDecimals } from './decimal.ts';
import { invalid, unsupported } from './dynamodb-error.ts';
import type { ExpressionAttributes } from './expression-attributes.ts';
import { Complaints, ExpressionReader } from './expression-reader.ts';

type Term =
  | { readonly kind: 'attribute'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: AttributeValue }
  | { readonly kind: 'if_not_exists'; readonly name: string; readonly otherwise: Term }
  | { readonly kind: '+' | '-'; readonly left: Term; readonly right: Term };

type Action =
  | { readonly kind: 'set'; readonly name: string; readonly term: Term }
  | { readonly kind: 'remove'; readonly name: string };

/** A parsed UpdateExpression. */
export interface Update {
  /** The attributes it writes, in the order of the text. */
  readonly names: readonly string[];
  /** The attributes whose values it reads. */
  readonly reads: readonly string[];
  /** The item after the update; throws a ValidationException if an operand is missing or of the wrong type. */
  apply(item: Item): Item;
}

const order = [
  'reserved',
  'unknownFunction',
  'section',
  'undefinedName',
  'undefinedValue',
  'overlap',
  'operandType',
] as const;

/** Throws a ValidationException, worded as by DynamoDB, for an invalid expression. */
export function parseUpdate(text: string, attributes: ExpressionAttributes): Update {
  const actions = new UpdateParser(new ExpressionReader('UpdateExpression', text, attributes)).parse();
  return {
    names: actions.map(({ name }) => name),
    reads: actions.flatMap((action) => (action.kind === 'set' ? readsOf(action.term) : [])),
    apply(item) {
      const next = new Map(item);
      for (const action of actions) {
        // Operands are read from the item as it was before the update.
        if (action.kind === 'set') next.set(action.name, evaluate(action.term, item));
        else next.delete(action.name);
      }
      return next;
    },
  };
}

class UpdateParser {
  readonly #reader: ExpressionReader;
  readonly #complaints = new Complaints(order);
  readonly #actions: Action[] = [];

  constructor(reader: ExpressionReader) {
    this.#reader = reader;
  }

  parse(): readonly Action[] {
    const sections = new Set<string>();
    do {
      const section = this.#section();
      if (sections.has(section)) {
        const words = `The "${section}" section can only be used once in an update expression;`;
        this.#complaints.note('section', words);
      }
      sections.add(section);
    } while (this.#reader.peek().kind !== 'end');
    const { worst } = this.#complaints;
    if (worst !== undefined) throw this.#reader.error(worst);
    return this.#actions;
  }

  #section(): 'SET' | 'REMOVE' {
    for (const other of ['ADD', 'DELETE']) {
      if (this.#reader.isKeyword(other)) throw unsupported(`${other} in update expressions`);
    }
    const section = (['SET', 'REMOVE'] as const).find((each) => this.#reader.takeKeyword(each));
    if (!section) throw this.#reader.syntaxError();
    do {
      const name = this.#target();
      if (section === 'REMOVE') {
        this.#actions.push({ kind: 'remove', name });
      } else {
        this.#reader.expectSymbol('=');
        this.#actions.push({ kind: 'set', name, term: this.#sum() });
      }
    } while (this.#reader.takeSymbol(','));
    return section;
  }

  #target(): string {
    const name = this.#name();
    if (this.#actions.some((action) => action.name === name)) {
      this.#complaints.note(
        'overlap',
        `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [${name}], path two: [${name}]`,
      );
    }
    return name;
  }

  #sum(): Term {
    const left = this.#term();
    const operator = (['+', '-'] as const).find((each) => this.#reader.takeSymbol(each));
    if (!operator) return left;
    const right = this.#term();
    for (const term of [left, right]) {
      const type: AttributeType | undefined = term.kind === 'literal' ? typeOf(term.value) : undefined;
      if (type !== undefined && type !== 'N') {
        this.#complaints.note(
          'operandType',
          `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
        );
      }
    }
    return { kind: operator, left, right };
  }

  #term(): Term {
    const { kind, text } = this.#reader.peek();
    if (kind === 'value') {
      return {
        kind: 'literal',
        value: this.#reader.readValue((complaint, message) => this.#complaints.note(complaint, message)),
      };
    }
    if (kind !== 'word' || this.#reader.peek(1).text !== '(')
      return { kind: 'attribute', name: this.#name() };
    if (text === 'list_append') throw unsupported('the function list_append in update expressions');
    this.#reader.next();
    this.#reader.expectSymbol('(');
    if (text !== 'if_not_exists') {
      this.#complaints.note('unknownFunction', `Invalid function name; function: ${text}`);
    }
    const name = this.#name();
    this.#reader.expectSymbol(',');
    const otherwise = this.#term();
    this.#reader.expectSymbol(')');
    return { kind: 'if_not_exists', name, otherwise };
  }

  #name(): string {
    return this.#reader.readName((complaint, message) => this.#complaints.note(complaint, message));
  }
}

function readsOf(term: Term): string[] {
  switch (term.kind) {
    case 'literal':
      return [];
    case 'attribute':
      return [term.name];
    case 'if_not_exists':
      return [term.name, ...readsOf(term.otherwise)];
    default:
      return [...readsOf(term.left), ...readsOf(term.right)];
  }
}

function evaluate(term: Term, item: Item): AttributeValue {
  switch (term.kind) {
    case 'literal':
      return term.value;
    case 'attribute': {
      const value = item.get(term.name);
      if (value) return value;
      throw invalid('The provided expression refers to an attribute that does not exist in the item');
    }
    case 'if_not_exists':
      return item.get(term.name) ?? evaluate(term.otherwise, item);
    default: {
      const [left, right] = [evaluate(term.left, item), evaluate(term.right, item)];
      if (!('N' in left && 'N' in right)) {
        throw invalid('An operand in the update expression has an incorrect data type');
      }
      const combine = term.kind === '+' ? addDecimals : subtractDecimals;
      return { N: decimalText(combine(parseDecimal(left.N), parseDecimal(right.N))) };
    }
  }
}
