// Inspector page: how durations, sizes, numbers and times read.

/** E.g. `0.4 ms`, `12 ms`, `1.25 s`, `2 m 05 s`. */
export function duration(ms: number): string {
  if (ms < 1) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

/** E.g. `812 B`, `1.2 KB`, `5.9 MB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** E.g. `10,000`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 line`, `2 lines`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Local time of day with milliseconds: `14:03:59.123`. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** Local date, `27 Nov`; empty if it is the day of `now`. */
export function dayUnlessToday(iso: string, now: number): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime()) || date.toDateString() === new Date(now).toDateString()) return '';
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}
