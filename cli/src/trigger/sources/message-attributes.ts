// `--attribute NAME=VALUE` and `--attribute NAME:Number=VALUE`, the same for SNS and SQS.
import { type Given, wrong } from '../given.ts';
import { baggageName, markedBaggage } from './mark.ts';

/** A message attribute in the form of both APIs. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue: string;
}

/** With the mark of `--as`. Undefined if none was given. Throws LD_CONFIG. */
export function attributesOf(given: Given): Record<string, MessageAttribute> | undefined {
  const pairs = given.pairs('attribute', '=');
  const attributes: Record<string, MessageAttribute> = {};
  for (const { name, type = 'String', value } of pairs) {
    if (!/^(String|Number)(\.|$)/.test(type)) {
      throw wrong(
        `--attribute ${name}:${type}=...: the type is String or Number`,
        'write --attribute kind=order or --attribute price:Number=3',
      );
    }
    attributes[name] = { DataType: type, StringValue: value };
  }
  const baggage = markedBaggage(given, attributes[baggageName]?.StringValue);
  if (baggage !== undefined) attributes[baggageName] = { DataType: 'String', StringValue: baggage };
  return Object.keys(attributes).length === 0 ? undefined : attributes;
}
