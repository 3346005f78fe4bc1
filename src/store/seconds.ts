/** Times as the API writes them ("2026-01-31T08:00:00Z") → seconds since the epoch; undefined for any other text. */
export function secondsOf(text: string): number | undefined {
  if (text.length !== 20 || !isTime(text)) return undefined;
  const [year, month, day] = [digits(text, 0) * 100 + digits(text, 2), digits(text, 5), digits(text, 8)];
  const [hour, minute, second] = [digits(text, 11), digits(text, 14), digits(text, 17)];
  // Before the year 100 Date.UTC means another century.
  if (year < 1000 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  if (day > 28 && new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

export function textOfSeconds(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

const pattern = '0000-00-00T00:00:00Z';

function isTime(text: string): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    const [wanted, found] = [pattern.charCodeAt(index), text.charCodeAt(index)];
    if (wanted === zero ? found < zero || found > zero + 9 : found !== wanted) return false;
  }
  return true;
}

const zero = 0x30;

function digits(text: string, at: number): number {
  return (text.charCodeAt(at) - zero) * 10 + text.charCodeAt(at + 1) - zero;
}
