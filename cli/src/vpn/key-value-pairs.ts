// Connection strings of keys and values, libpq's and ADO.NET's, split in one pass. Each piece has a pattern that can match in
// only one way; a single pattern for a pair would try every way to distribute its spaces.

/** A key and its value; libpq's quoting is already removed. */
export type Pair = readonly [key: string, value: string];

/** `host=db port=5432 password='a b'`; undefined unless the whole text has this form. */
export function libpqPairs(text: string): Pair[] | undefined {
  const pairs: Pair[] = [];
  const next = pieces(text);
  while (!next.isDone()) {
    const key = next.take(/\s*([a-z_]+)\s*=\s*/y);
    const quoted = next.take(/'((?:\\.|[^'\\])*)'/sy);
    const value = quoted ?? next.take(/((?:\\.|[^\s'\\])*)/sy);
    if (key === undefined || value === undefined) return undefined;
    if (!next.isDone() && next.take(/\s+()/y) === undefined) return undefined;
    pairs.push([key, value.replace(/\\(.)/gs, '$1')]);
  }
  return pairs;
}

/** `Server=tcp:db,1433;User Id=app;Password="a;b"`, also `Host=`; undefined unless the whole text has this form. */
export function adoPairs(text: string): Pair[] | undefined {
  if (!text.includes(';')) return undefined;
  const pairs: Pair[] = [];
  const next = pieces(text);
  while (!next.isDone()) {
    const key = next.take(/\s*([a-z][a-z ]*)/iy);
    const space = next.take(/\s*=(\s*)/y);
    if (key === undefined || space === undefined) return undefined;
    const value = adoValue(next, space);
    if (value === undefined) return undefined;
    pairs.push([`ado ${key.trimEnd().toLowerCase()}`, value.replace(/^tcp:/i, '')]);
  }
  return pairs;
}

/** The value up to the next pair, including quotes. */
function adoValue(next: Pieces, space: string): string | undefined {
  const start = next.at;
  const quoted = next.take(/("[^"]*(?:""[^"]*)*")(?!")/y) ?? next.take(/('[^']*(?:''[^']*)*')(?!')/y);
  if (quoted !== undefined && (next.take(/\s*;\s*()/y) ?? next.take(/\s*()$/y)) !== undefined) return quoted;
  next.at = start;
  const bare = next.take(/([^;"'][^;]*)/y);
  // A quote that does not end the value is part of it, after a space.
  const value = bare ?? (space === '' ? next.take(/()(?=;|$)/y) : next.take(/([^;]*)/y));
  if (value === undefined || (next.take(/;\s*()/y) ?? next.take(/()$/y)) === undefined) return undefined;
  return bare === undefined && value !== '' ? `${space.slice(-1)}${value}` : value;
}

interface Pieces {
  at: number;
  isDone(): boolean;
  /** The first group of a sticky pattern that matches here, and moves past it; undefined if it does not match. */
  take(pattern: RegExp): string | undefined;
}

function pieces(text: string): Pieces {
  return {
    at: 0,
    isDone() {
      return this.at >= text.length;
    },
    take(pattern) {
      pattern.lastIndex = this.at;
      const found = pattern.exec(text);
      if (found === null) return undefined;
      this.at = pattern.lastIndex;
      return found[1] ?? '';
    },
  };
}
