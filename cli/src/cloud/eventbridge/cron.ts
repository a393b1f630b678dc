// EventBridge: cron expressions in AWS's dialect, six fields in UTC, and their next times.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
import { CronError, type FieldRange, parseField, parseNumber } from './cron-field.ts';

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const ranges = {
  minute: { name: 'minute', lowest: 0, highest: 59 },
  hour: { name: 'hour', lowest: 0, highest: 23 },
  dayOfMonth: { name: 'day of month', lowest: 1, highest: 31 },
  month: { name: 'month', lowest: 1, highest: 12, words: months },
  dayOfWeek: { name: 'day of week', lowest: 1, highest: 7, words: weekdays },
  year: { name: 'year', lowest: 1970, highest: 2199 },
} as const satisfies Record<string, FieldRange>;

const dayMs = 24 * 60 * 60_000;

/** A day of the calendar, in UTC. */
interface Day {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  /** 1 is Sunday. */
  readonly weekday: number;
  readonly lastDay: number;
}

type DayTest = (day: Day) => boolean;

/** A parsed expression. */
interface CronSchedule {
  /** The first time after `time`, both in milliseconds since the epoch; undefined if there is none. */
  next(time: number): number | undefined;
}

/** Parses what is between the parentheses of `cron(...)`. Throws a CronError. */
export function parseCron(expression: string): CronSchedule {
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = '', ...more] = expression
    .trim()
    .split(/\s+/);
  if (year === '' || more.length > 0) {
    throw new CronError('cron has six fields: minutes, hours, day of month, month, day of week, year');
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new CronError('one of day of month and day of week must be ?, and the other must not');
  }
  const minutes = [...parseField(minute, ranges.minute)].sort((a, b) => a - b);
  const hours = [...parseField(hour, ranges.hour)].sort((a, b) => a - b);
  const inMonths = parseField(month, ranges.month);
  const inYears = parseField(year, ranges.year);
  const isDay = dayOfWeek === '?' ? parseDayOfMonth(dayOfMonth) : parseDayOfWeek(dayOfWeek);
  const lastYear = Math.max(...inYears);
  return {
    next(time) {
      // The next whole minute at the earliest.
      const earliest = (Math.floor(time / 60_000) + 1) * 60_000;
      let start = Math.floor(earliest / dayMs) * dayMs;
      for (let day = dayOf(start); day.year <= lastYear; start += dayMs, day = dayOf(start)) {
        if (!inYears.has(day.year) || !inMonths.has(day.month) || !isDay(day)) continue;
        for (const h of hours) {
          for (const m of minutes) {
            const at = start + (h * 60 + m) * 60_000;
            if (at >= earliest) return at;
          }
        }
      }
      return undefined;
    },
  };
}

/** Also `L`, the last day, `LW`, the last weekday, and `15W`, the weekday nearest to the 15th. */
function parseDayOfMonth(text: string): DayTest {
  if (text === 'L') return ({ day, lastDay }) => day === lastDay;
  if (text === 'LW') return (each) => each.day === nearestWeekday(each, each.lastDay);
  const [, near] = /^(\d{1,2})W$/.exec(text) ?? [];
  if (near !== undefined) {
    const wanted = parseNumber(near, ranges.dayOfMonth);
    return (each) => wanted <= each.lastDay && each.day === nearestWeekday(each, wanted);
  }
  const days = parseField(text, ranges.dayOfMonth);
  return ({ day }) => days.has(day);
}

/** Also `L`, Saturday, `FRIL`, the last Friday, and `3#2`, the second Tuesday. */
function parseDayOfWeek(text: string): DayTest {
  if (text === 'L') return ({ weekday }) => weekday === 7;
  const [, last] = /^(\w+)L$/.exec(text) ?? [];
  if (last !== undefined) {
    const wanted = parseNumber(last, ranges.dayOfWeek);
    return ({ weekday, day, lastDay }) => weekday === wanted && day + 7 > lastDay;
  }
  const [, counted, place] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (counted !== undefined) {
    const wanted = parseNumber(counted, ranges.dayOfWeek);
    return ({ weekday, day }) => weekday === wanted && Math.ceil(day / 7) === Number(place);
  }
  const days = parseField(text, ranges.dayOfWeek);
  return ({ weekday }) => days.has(weekday);
}

/** Never in another month: the next nearest weekday in the month is used instead. */
function nearestWeekday({ day, weekday, lastDay }: Day, wanted: number): number {
  const ofWanted = ((((weekday - 1 + wanted - day) % 7) + 7) % 7) + 1;
  if (ofWanted === 7) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (ofWanted === 1) return wanted < lastDay ? wanted + 1 : wanted - 2;
  return wanted;
}

function dayOf(start: number): Day {
  const date = new Date(start);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  return {
    year,
    month,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() + 1,
    lastDay: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}
