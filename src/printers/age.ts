const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const hoursOfDay = 24;
const hoursOfWeek = 7 * hoursOfDay;
const hoursOfMonth = 30 * hoursOfDay;
const hoursOfYear = 365 * hoursOfDay;

/**
 * An age in words, as Docker and `oc describe` write it: "About a minute", "2 hours", "3 weeks" (spec imagestream-system.md
 * 5.7). Hours round, everything else is cut off.
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / secondMs);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(ms / minuteMs);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(ms / hourMs + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 2 * hoursOfDay) return `${hours} hours`;
  if (hours < 2 * hoursOfWeek) return `${Math.trunc(hours / hoursOfDay)} days`;
  if (hours < 2 * hoursOfMonth) return `${Math.trunc(hours / hoursOfWeek)} weeks`;
  if (hours < 2 * hoursOfYear) return `${Math.trunc(hours / hoursOfMonth)} months`;
  return `${Math.trunc(ms / hourMs / hoursOfYear)} years`;
}

/** An age in two or three digits, as in the AGE columns of `kubectl get`: "5s", "2m30s", "4d5h", "2y40d". */
export function shortAge(ms: number): string {
  const seconds = Math.trunc(ms / secondMs);
  if (seconds < -1) return '<invalid>'; // clocks differ by a second or two; this is more
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoParts(minutes, 'm', seconds % 60, 's');
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoParts(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / hoursOfDay);
  if (days < 8) return twoParts(days, 'd', hours % hoursOfDay, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 8 * 365 ? twoParts(years, 'y', days % 365, 'd') : `${years}y`;
}

function twoParts(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit}${small === 0 ? '' : `${small}${smallUnit}`}`;
}

/** "2 hours ago", or undefined where `time` is no time. */
export function timeAgo(time: string | undefined, now: number): string | undefined {
  const at = timeOf(time);
  return at === undefined ? undefined : `${humanDuration(now - at)} ago`;
}

/** RFC 3339 → milliseconds; undefined where it is no time. */
export function timeOf(time: string | undefined): number | undefined {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? undefined : at;
}
