// DynamoDB: its numbers, 38 significant digits from 1E-130 to 9.99E+125, exactly.
import { invalid } from './dynamodb-error.ts';

/** The value `digits * 10 ** exponent`; `digits` never ends in a zero, except zero itself. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const form = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,9}))?$/;
const zero: Decimal = { digits: 0n, exponent: 0 };

/** Throws a ValidationException for text that is not a number, or out of range. */
export function parseDecimal(text: string): Decimal {
  if (text === '') throw invalid('The parameter cannot be converted to a numeric value');
  const match = form.exec(text);
  if (!match) throw invalid(`The parameter cannot be converted to a numeric value: ${text}`);
  const [, sign = '', digits = '', power = '0'] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  const significant = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = withoutTrailingZeros(significant);
  if (trimmed === '') return zero;
  const exponent = Number(power) - fraction.length + (significant.length - trimmed.length);
  checkRange(trimmed.length, exponent);
  return { digits: BigInt(`${sign === '-' ? '-' : ''}${trimmed}`), exponent };
}

/** In full, without an exponent, as DynamoDB returns numbers. */
export function decimalText({ digits, exponent }: Decimal): string {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString();
  if (exponent >= 0) return sign + text + '0'.repeat(exponent);
  const padded = text.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const { left, right } = align(a, b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Throws a ValidationException if the sum cannot be stored. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const { left, right, exponent } = align(a, b);
  return shorten(left + right, exponent);
}

/** Throws a ValidationException if the difference cannot be stored. */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { digits: -b.digits, exponent: b.exponent });
}

function align(a: Decimal, b: Decimal): { left: bigint; right: bigint; exponent: number } {
  const exponent = Math.min(a.exponent, b.exponent);
  return {
    left: a.digits * 10n ** BigInt(a.exponent - exponent),
    right: b.digits * 10n ** BigInt(b.exponent - exponent),
    exponent,
  };
}

function shorten(digits: bigint, exponent: number): Decimal {
  if (digits === 0n) return zero;
  const text = digits.toString();
  const trimmed = withoutTrailingZeros(text);
  const shortened = { digits: BigInt(trimmed), exponent: exponent + text.length - trimmed.length };
  checkRange(trimmed.replace('-', '').length, shortened.exponent);
  return shortened;
}

/** By index: a pattern would try each zero of a run as its beginning, which is quadratic. */
function withoutTrailingZeros(text: string): string {
  let end = text.length;
  while (text[end - 1] === '0') end -= 1;
  return text.slice(0, end);
}

function checkRange(length: number, exponent: number): void {
  const magnitude = length + exponent - 1;
  if (magnitude > 125) {
    throw invalid('Number overflow. Attempting to store a number with magnitude larger than supported range');
  }
  if (magnitude < -130) {
    throw invalid(
      'Number underflow. Attempting to store a number with magnitude smaller than supported range',
    );
  }
  if (length > 38) throw invalid('Attempting to store more than 38 significant digits in a Number');
}
