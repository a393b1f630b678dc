// Terraform's language (HCL) as a tree: what the parsers of .tf and .tf.json files give, and evaluation takes.

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** A quoted text or heredoc with `${}` in it. */
  | { readonly kind: 'template'; readonly parts: readonly Expression[] }
  /** The first name of a reference: `var`, `local`, `aws_lambda_function`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression }
  /** `of[*]` and what follows, which is evaluated with `item` as each element. */
  | { readonly kind: 'splat'; readonly of: Expression; readonly each: Expression }
  /** Within the `each` of a splat: its element. */
  | { readonly kind: 'item' }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly Expression[];
      /** The last argument has `...` behind it. */
      readonly isSpread: boolean;
    }
  | {
      readonly kind: 'condition';
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'unary'; readonly operator: '-' | '!'; readonly of: Expression }
  | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
  | {
      readonly kind: 'object';
      readonly items: readonly (readonly [key: Expression, value: Expression])[];
    }
  | {
      readonly kind: 'for';
      readonly names: readonly string[];
      readonly over: Expression;
      /** Undefined for a list. */
      readonly key: Expression | undefined;
      readonly value: Expression;
      readonly when: Expression | undefined;
      /** `...` behind the value: values of the same key become a list. */
      readonly isGrouped: boolean;
    }
  /** Valid, but not evaluated: `%{ if }` in a text. */
  | { readonly kind: 'unsupported'; readonly what: string };

export interface Attribute {
  readonly name: string;
  readonly value: Expression;
  readonly line: number;
}

export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly line: number;
}

export interface Body {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
}

/** A text that is not of the language. */
export class SyntaxFault extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** Expressions and blocks within each other, at most. */
export const deepestNesting = 100;
