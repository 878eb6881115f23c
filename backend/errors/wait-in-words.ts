/** A waiting time in a unit for people, rounded up: "1 second", "90 minutes", "2 hours". */
export function waitInWords(seconds: number): string {
  const inWords = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (seconds <= 90) return inWords(Math.ceil(seconds), 'second');
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? inWords(minutes, 'minute') : inWords(Math.ceil(minutes / 60), 'hour');
}
