// A time as this machine's user reads it.

/** E.g. `09:58:12`. */
export function clockTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** E.g. `09:58:12.007`. */
export function clockTimeMs(date: Date): string {
  return `${clockTime(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** E.g. `2026-11-27`. */
export function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
}

function twoDigits(part: number): string {
  return String(part).padStart(2, '0');
}
