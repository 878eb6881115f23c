import { ALL_PORTS, type PortRange } from './network.ts';

/** Ports as disjoint ranges in ascending order, so that every port is covered at once. */
export type PortSet = readonly PortRange[];

export const NO_PORTS: PortSet = [];
export const EVERY_PORT: PortSet = [ALL_PORTS];

/** Ports in any of the sets. */
export function union(...sets: readonly PortSet[]): PortSet {
  const merged: PortRange[] = [];
  for (const range of sets.flat().toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

/** Ports in all of the sets. */
export function intersection(...sets: readonly PortSet[]): PortSet {
  return sets.reduce((left, right) =>
    left.flatMap((a) =>
      right
        .map((b) => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }))
        .filter((range) => range.from <= range.to),
    ),
  );
}

/** Ports of the first set that are not in the second. */
export function difference(set: PortSet, removed: PortSet): PortSet {
  return removed.reduce<PortSet>(
    (left, { from, to }) =>
      left.flatMap((range) => [
        ...(range.from < from ? [{ from: range.from, to: Math.min(range.to, from - 1) }] : []),
        ...(range.to > to ? [{ from: Math.max(range.from, to + 1), to: range.to }] : []),
      ]),
    set,
  );
}

export function ports(...numbers: readonly number[]): PortSet {
  return union(numbers.map((port) => ({ from: port, to: port })));
}

export function samePorts(a: PortSet, b: PortSet): boolean {
  return difference(a, b).length === 0 && difference(b, a).length === 0;
}

/** "none", "443", "80, 443", "every port", "1-79, 81-65535". */
export function describePorts(set: PortSet): string {
  if (set.length === 0) return 'none';
  if (difference(EVERY_PORT, set).length === 0) return 'every port';
  return set.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}
