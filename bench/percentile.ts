// Percentiles by nearest rank: always a value that was really measured.

/** The smallest sample that at least `percent` (over 0, up to 100) of all samples do not exceed. Throws without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = [...samples].sort((one, two) => one - two);
  const value = sorted[Math.ceil((percent / 100) * sorted.length) - 1];
  if (value === undefined) throw new Error('no samples');
  return value;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 50);
}
