const DAY_S = 86_400;

/** Created only once, because creating a formatter costs about as much as rendering a message. */
const formats = {
  time: new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }),
  day: new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
  }),
  year: new Intl.DateTimeFormat(undefined, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }),
  full: new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' }),
};

/** The time, with the date if it is another day, and the year if it is another year. */
export function toShortTime(atSeconds: number, nowMs: number): string {
  const [at, now] = [new Date(atSeconds * 1_000), new Date(nowMs)];
  if (at.toDateString() === now.toDateString()) return formats.time.format(at);
  return at.getFullYear() === now.getFullYear() ? formats.day.format(at) : formats.year.format(at);
}

export const toFullTime = (atSeconds: number): string => formats.full.format(atSeconds * 1_000);

/** How long ago, in words. Empty after a week, because the date is then more useful. */
export function toAgo(atSeconds: number, nowMs: number): string {
  const seconds = nowMs / 1_000 - atSeconds;
  if (seconds < 60) return 'just now';
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < DAY_S) return `${Math.floor(seconds / 3_600)} h ago`;
  if (seconds >= 7 * DAY_S) return '';
  const days = Math.floor(seconds / DAY_S);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** The time in UTC to the minute, for exported files. */
export function toUtcMinute(atSeconds: number): string {
  return `${new Date(atSeconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
