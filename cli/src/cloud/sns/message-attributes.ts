// SNS: a message's attributes, as published, as in a function's event, and as a filter policy sees them.
import { parseJson } from '../../../../protocol/json.ts';
import { AwsError } from '../aws-api/aws-error.ts';
import type { QueryForm } from '../aws-api/query-protocol.ts';

interface MessageAttribute {
  readonly Type: string;
  /** Base64 for binaries. */
  readonly Value: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const namePattern = /^(?!AWS\.|Amazon\.|\.)[A-Za-z0-9_.-]{1,256}$/i;
const typePattern = /^(String|String\.Array|Number|Binary)(\.[A-Za-z0-9_.-]+)?$/;

/** Throws SNS's ParameterValueInvalid for an invalid one. */
export function readMessageAttributes(form: QueryForm): MessageAttributes {
  return Object.fromEntries(
    form.list('MessageAttributes.entry').map((entry) => {
      const name = entry.get('Name') ?? '';
      const type = entry.get('Value.DataType') ?? '';
      const value = type.startsWith('Binary')
        ? entry.get('Value.BinaryValue')
        : entry.get('Value.StringValue');
      if (!namePattern.test(name))
        throw invalidAttribute(`The message attribute name '${name}' is not valid`);
      if (!typePattern.test(type)) {
        throw invalidAttribute(
          `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
        );
      }
      if (value === undefined || value === '') {
        throw invalidAttribute(
          `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
        );
      }
      if (type.startsWith('Number') && !Number.isFinite(Number(value))) {
        throw invalidAttribute(`Could not cast message attribute '${name}' value to number.`);
      }
      return [name, { Type: type, Value: value }];
    }),
  );
}

/**
 * What a filter policy of scope MessageAttributes is compared with: numbers as numbers, arrays as arrays, no binaries.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function filterView(attributes: MessageAttributes): Record<string, unknown> {
  const view: Record<string, unknown> = {};
  for (const [name, { Type: type, Value: value }] of Object.entries(attributes)) {
    if (type.startsWith('Number')) view[name] = Number(value);
    else if (type === 'String.Array') view[name] = parseArray(value);
    else if (type.startsWith('String')) view[name] = value;
  }
  return view;
}

function parseArray(text: string): unknown {
  const parsed = parseJson(text);
  return Array.isArray(parsed) ? parsed : text;
}

function invalidAttribute(message: string): AwsError {
  return new AwsError('ParameterValueInvalid', message);
}
