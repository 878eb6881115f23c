import type { World } from './world.ts';

/**
 * The result of a check, without ids, addresses and times, so that it is the same on every machine and in every
 * account.
 */
export type Seen = null | boolean | number | string | readonly Seen[] | { readonly [name: string]: Seen };

/**
 * The sentence of AWS's documentation behind a check: a quote, or its meaning in our words if the text was not
 * available.
 */
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
  /** For example idle.silent-response. Recordings refer to it, so it must never change. */
  id: string;
  theme: Theme;
  title: string;
  source: Source;
  /** The result that follows from the sentence. */
  expected: Seen;
  /** What the rehearsal does instead, and why; docs/rehearsal.md lists it too. */
  otherwise?: string;
  observe: (world: World) => Promise<Seen>;
}

/**
 * Builds the checks of one theme: an id within the theme, a title, the source, the expected result, the function that
 * observes it.
 */
export function theme(
  name: Theme,
  rows: readonly [
    id: string,
    title: string,
    source: Source,
    expected: Seen,
    observe: Check['observe'],
    more?: Pick<Check, 'otherwise'>,
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

/** Observes a part of what a scene finds. */
export const inScene =
  <Facts>(scene: (world: World) => Promise<Facts>) =>
  (pick: (facts: Facts) => Seen) =>
  async (world: World): Promise<Seen> =>
    pick(await world.scene(scene));
