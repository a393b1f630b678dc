// DynamoDB: parses a ProjectionExpression of top-level names, and reduces items to it.
import type { Item } from './attribute-value.ts';
import type { ExpressionAttributes } from './expression-attributes.ts';
import { Complaints, ExpressionReader } from './expression-reader.ts';

/** Reduces an item to the requested attributes. */
type Projection = (item: Item) => Item;

/** Without an expression, all attributes are requested. Throws a ValidationException for an invalid one. */
export function parseProjection(text: string | undefined, attributes: ExpressionAttributes): Projection {
  if (text === undefined) return (item) => item;
  const reader = new ExpressionReader('ProjectionExpression', text, attributes);
  const complaints = new Complaints(['reserved', 'undefinedName', 'overlap']);
  const names: string[] = [];
  do {
    const name = reader.readName((kind, message) => complaints.note(kind, message));
    if (names.includes(name)) {
      complaints.note(
        'overlap',
        `Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [${name}], path two: [${name}]`,
      );
    }
    names.push(name);
  } while (reader.takeSymbol(','));
  reader.expectEnd();
  const { worst } = complaints;
  if (worst !== undefined) throw reader.error(worst);
  return (item) => pick(item, names);
}

/** The named attributes that the item has. */
export function pick(item: Item, names: readonly string[]): Item {
  return new Map(
    names.flatMap((name) => {
      const value = item.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
