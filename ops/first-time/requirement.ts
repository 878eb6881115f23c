import type { Scene } from './scene.ts';

export const PROVIDERS = ['hcp', 'aws', 'github', 'dns', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];

/**
 * The result of checking a requirement. `missing` has a next command; `unknown` was not checked, and `seen` says why.
 */
export interface Sighting {
  state: 'ok' | 'missing' | 'unknown';
  /** What was found, or why nothing was checked; without a full stop. */
  seen: string;
  /** What to do now; a command if there is one. */
  next?: string;
  /** The change that `lornu setup` can make after confirmation. */
  change?: Change;
}

export interface Change {
  /** The change as the beginning of a question: "make the workspace lornu-aws-staging". */
  does: string;
  /** Makes the change with one atomic call; throws CliError if it is refused. */
  make: () => Promise<void>;
}

/** One prerequisite of the first deployment. */
export interface Requirement {
  /** Stable; begins with the provider's name. */
  id: string;
  provider: Provider;
  /** A sentence that is true if the requirement is met. */
  title: string;
  /** Requirements without which this one cannot be checked; they come before it in the list. */
  after?: readonly string[];
  /** Set if a first deployment does not depend on the answer: a skipped check does not count as missing. */
  optional?: true;
  look: (scene: Scene) => Promise<Sighting>;
}

export const ok = (seen: string): Sighting => ({ state: 'ok', seen });
export const missing = (seen: string, next: string, change?: Change): Sighting => ({
  state: 'missing',
  seen,
  next,
  ...(change ? { change } : {}),
});
export const unknown = (seen: string, next?: string): Sighting => ({
  state: 'unknown',
  seen,
  ...(next === undefined ? {} : { next }),
});
