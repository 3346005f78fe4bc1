/**
 * Times as the API writes them ("2026-01-31T08:00:00Z") → seconds since the epoch; undefined for any other text. A stream has fifty of
 * them, so the arithmetic is done here: `Date` takes several times as long, both ways.
 */
export function secondsOf(text: string): number | undefined {
  if (text.length !== 20 || !hasMarks(text)) return undefined;
  const year = digits(text, 0) * 100 + digits(text, 2);
  const month = digits(text, 5);
  const day = digits(text, 8);
  const hour = digits(text, 11);
  const minute = digits(text, 14);
  const second = digits(text, 17);
  // No comparison holds for what is no number.
  if (!(year >= yearMin && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)))
    return undefined;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  return ((daysBefore(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
}

/** The text that `secondsOf` understands so. */
export function textOfSeconds(seconds: number): string {
  const days = Math.floor(seconds / daySeconds);
  const rest = seconds - days * daySeconds;
  // The average year is a little longer than the shortest, so that this is the year or the next.
  let year = 1970 + Math.floor(days / 365.2425);
  if (daysBefore(year, 1) > days) year -= 1;
  else if (daysBefore(year + 1, 1) <= days) year += 1;
  let month = Math.floor((days - daysBefore(year, 1)) / 31) + 1;
  if (month < 12 && daysBefore(year, month + 1) <= days) month += 1;
  const day = days - daysBefore(year, month) + 1;
  const [hour, minute] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60];
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(rest % 60)}Z`;
}

const daySeconds = 86_400;
/** Of four digits. */
const yearMin = 1000;

/** Days from the epoch to the first of a month. */
function daysBefore(year: number, month: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const own = (daysBeforeMonth[month - 1] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0);
  return (year - 1970) * 365 + leapDays + own;
}

function daysOf(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (monthDays[month - 1] ?? 0);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const daysBeforeMonth = monthDays.map((_, month) =>
  monthDays.slice(0, month).reduce((sum, days) => sum + days, 0),
);
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

function two(value: number): string {
  return twoDigits[value] ?? '';
}

function hasMarks(text: string): boolean {
  return (
    text.charCodeAt(4) === mark.dash &&
    text.charCodeAt(7) === mark.dash &&
    text.charCodeAt(10) === mark.t &&
    text.charCodeAt(13) === mark.colon &&
    text.charCodeAt(16) === mark.colon &&
    text.charCodeAt(19) === mark.z
  );
}

const mark = { dash: 0x2d, colon: 0x3a, t: 0x54, z: 0x5a } as const;
const zero = 0x30;

/** Two digits; NaN where they are none. */
function digits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero;
  const ones = text.charCodeAt(at + 1) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
