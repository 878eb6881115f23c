const DAY_MS = 86_400_000;

/** The heading under which a conversation is listed. */
export function toDayLabel(atSeconds: number, nowMs: number): string {
  const startOfToday = new Date(nowMs).setHours(0, 0, 0, 0);
  const atMs = atSeconds * 1_000;
  if (atMs >= startOfToday) return 'Today';
  if (atMs >= startOfToday - DAY_MS) return 'Yesterday';
  if (atMs >= startOfToday - 6 * DAY_MS) return 'Earlier this week';
  return 'Older';
}

/** `get_status` or `getStatus` as words: "Get status". */
export function toWords(name: string): string {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/gu, '$1 $2')
    .replaceAll(/[_-]+/gu, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A time for people: tenths of a second below ten seconds. */
export function toSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A waiting time in a unit for people, rounded up. */
export function toWait(seconds: number): string {
  const inWords = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (seconds <= 90) return inWords(Math.ceil(seconds), 'second');
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? inWords(minutes, 'minute') : inWords(Math.ceil(minutes / 60), 'hour');
}

/** A cost in US dollars; an answer often costs less than a cent, so two digits that count are shown. */
export function toDollars(dollars: number): string {
  return `$${dollars >= 1 ? dollars.toFixed(2) : dollars.toLocaleString('en', { maximumSignificantDigits: 2 })}`;
}

/** A size in a unit for people. */
export function toSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
