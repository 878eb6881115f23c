import type { Difference } from './compare.ts';

/** A difference that is meant. Everything else that differs is a bug of ours. */
interface Deliberate {
  reason: string;
  /** Cases it holds for; all when left out. */
  title?: RegExp;
  path: RegExp;
  holds?: (difference: Difference) => boolean;
}

/** docs/wire.md names each of these. */
const DELIBERATE: Deliberate[] = [
  {
    reason: 'The service says which language serves, its own version, and where it runs.',
    title: /^GET \/version/,
    path: /^\[0\]\.body\.(version|language|language_version|revision|environment|region|model|modelIsStandIn)$/,
  },
];

export function isDeliberate(title: string, difference: Difference): boolean {
  return DELIBERATE.some(
    (entry) =>
      (entry.title?.test(title) ?? true) &&
      entry.path.test(difference.path) &&
      (entry.holds?.(difference) ?? true),
  );
}
