import type { World } from './world.ts';

/** What a check has seen, without ids, addresses and times: the same on every machine and in every account. */
export type Seen = null | boolean | number | string | readonly Seen[] | { readonly [name: string]: Seen };

/** The sentence of AWS's documentation that a check rests on: in AWS's words, or what it means where they were not at hand. */
export type Source = { page: string } & ({ quote: string } | { means: string });

export const THEMES = [
  'idle',
  'rules',
  'answers',
  'headers',
  'tokens',
  'mutual-tls',
  'health',
  'drain',
  'deployment',
  'breaker',
  'bake',
  'protection',
  'secrets',
  'stop',
] as const;
export type Theme = (typeof THEMES)[number];

/** One behaviour of a load balancer or of ECS. */
export interface Check {
  /** Such as idle.silent-response; recordings name it, so it never changes. */
  id: string;
  theme: Theme;
  title: string;
  source: Source;
  /** What follows from the sentence. */
  expected: Seen;
  /** What the rehearsal does instead, and why; docs/rehearsal.md lists it too. */
  otherwise?: string;
  /** It waits for minutes on the rehearsal too, so it runs only when asked for. */
  long?: true;
  observe: (world: World) => Promise<Seen>;
}

/** Builds the checks of one theme: an id within the theme, a title, the source, what is expected, how it is seen. */
export function theme(
  name: Theme,
  rows: readonly [
    id: string,
    title: string,
    source: Source,
    expected: Seen,
    observe: Check['observe'],
    more?: Pick<Check, 'otherwise' | 'long'>,
  ][],
): Check[] {
  return rows.map(([id, title, source, expected, observe, more]) => ({
    id: `${name}.${id}`,
    theme: name,
    title,
    source,
    expected,
    observe,
    ...more,
  }));
}
