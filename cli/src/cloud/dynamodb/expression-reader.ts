// DynamoDB: the tokens of an expression, and the order in which DynamoDB reports mistakes in it.
import type { AttributeValue } from './attribute-value.ts';
import { type DynamoDbError, invalid, unsupported } from './dynamodb-error.ts';
import type { ExpressionAttributes } from './expression-attributes.ts';
import { isReservedWord } from './reserved-words.ts';

interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'symbol' | 'end';
  readonly text: string;
}

const tokenForm =
  /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),+\-.[\]])|(\d+)|(\S))/gy;
const maxExpressionBytes = 4096;

/** Mistakes found while parsing; DynamoDB reports the one that comes first in its own order, not in the text. */
export class Complaints<Kind extends string> {
  readonly #order: readonly Kind[];
  readonly #first = new Map<Kind, string>();

  constructor(order: readonly Kind[]) {
    this.#order = order;
  }

  /** Keeps the first of each kind. */
  note(kind: Kind, message: string): void {
    if (!this.#first.has(kind)) this.#first.set(kind, message);
  }

  get worst(): string | undefined {
    const kind = this.#order.find((each) => this.#first.has(each));
    return kind === undefined ? undefined : this.#first.get(kind);
  }
}

/** Reads one expression; every error names the request's parameter. */
export class ExpressionReader {
  readonly attributes: ExpressionAttributes;
  readonly #parameter: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(parameter: string, text: string, attributes: ExpressionAttributes) {
    this.#parameter = parameter;
    this.attributes = attributes;
    if (text.trim() === '') throw this.error('The expression can not be empty;');
    const size = Buffer.byteLength(text);
    if (size > maxExpressionBytes) {
      throw this.error(`Expression size has exceeded the maximum allowed size; expression size: ${size}`);
    }
    this.#tokens = [...text.matchAll(tokenForm)].map(([, word, name, value, symbol, digits, other]) => {
      if (word !== undefined) return { kind: 'word', text: word };
      if (name !== undefined) return { kind: 'name', text: name };
      if (value !== undefined) return { kind: 'value', text: value };
      return { kind: 'symbol', text: symbol ?? digits ?? other ?? '' };
    });
  }

  /** The next token, or the one `ahead` of it. */
  peek(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? { kind: 'end', text: '<EOF>' };
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Consumes a symbol if it is next. */
  takeSymbol(symbol: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== 'symbol' || text !== symbol) return false;
    this.#at += 1;
    return true;
  }

  /** Consumes a keyword, in any case, if it is next. */
  takeKeyword(keyword: string): boolean {
    if (!this.isKeyword(keyword)) return false;
    this.#at += 1;
    return true;
  }

  isKeyword(keyword: string): boolean {
    const { kind, text } = this.peek();
    return kind === 'word' && text.toUpperCase() === keyword;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError();
  }

  expectEnd(): void {
    if (this.peek().kind !== 'end') throw this.syntaxError();
  }

  /** A top-level attribute name, plain or as `#placeholder`; `complain` receives reserved and undefined ones. */
  readName(complain: (kind: 'reserved' | 'undefinedName', message: string) => void): string {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'name') throw this.syntaxError(-1);
    const { text } = this.peek();
    if (text === '.' || text === '[') throw unsupported('paths into lists and maps in expressions');
    if (token.kind === 'word') {
      if (isReservedWord(token.text)) {
        complain('reserved', `Attribute name is a reserved keyword; reserved keyword: ${token.text}`);
      }
      return token.text;
    }
    const name = this.attributes.name(token.text);
    if (name !== undefined) return name;
    complain(
      'undefinedName',
      `An expression attribute name used in the document path is not defined; attribute name: ${token.text}`,
    );
    return token.text;
  }

  /** The value of the next token, a `:placeholder`. */
  readValue(complain: (kind: 'undefinedValue', message: string) => void): AttributeValue {
    const { text } = this.next();
    const value = this.attributes.value(text);
    if (value !== undefined) return value;
    complain(
      'undefinedValue',
      `An expression attribute value used in expression is not defined; attribute value: ${text}`,
    );
    return { NULL: true };
  }

  error(message: string): DynamoDbError {
    return invalid(`Invalid ${this.#parameter}: ${message}`);
  }

  /** DynamoDB names the unexpected token and its neighbours. */
  syntaxError(ahead = 0): DynamoDbError {
    const near = [-1, 0, 1]
      .map((offset) => this.peek(ahead + offset))
      .filter(({ kind }) => kind !== 'end')
      .map(({ text }) => text)
      .join(' ');
    return this.error(`Syntax error; token: "${this.peek(ahead).text}", near: "${near}"`);
  }
}
