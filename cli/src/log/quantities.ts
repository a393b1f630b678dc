// Numbers with their units, as the terminal view writes them.

export function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

export function size(bytes: number): string {
  if (bytes < 1024) return plural(bytes, 'byte');
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** An amount of US dollars that is known only about: two digits that say something. */
export function aboutDollars(usd: number): string {
  if (usd < 0.0001) return 'less than $0.0001';
  return `about $${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** This machine's clock relative to AWS's, e.g. `4.2 s behind`; `aheadMs` is how far AWS's is ahead. */
export function skewWords(aheadMs: number): string {
  return `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'behind' : 'ahead of'}`;
}
