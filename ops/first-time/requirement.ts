import type { Scene } from './scene.ts';

export const PROVIDERS = ['hcp', 'aws', 'github', 'dns', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];

/**
 * What a look at a requirement found. `missing` comes with the next command; `unknown` was not looked at, and `seen`
 * says why.
 */
export interface Sighting {
  state: 'ok' | 'missing' | 'unknown';
  /** What is there, or why nothing was looked at; without a full stop. */
  seen: string;
  /** The one thing to do now, a command where there is one. */
  next?: string;
  /** What `lornu setup` itself can do about it, after confirmation. */
  change?: Change;
}

export interface Change {
  /** What is changed, as a question begins: "make the workspace lornu-aws-staging". */
  does: string;
  /** Makes it with one call that is done or not done; throws CliError where it is refused. */
  make: () => Promise<void>;
}

/** One prerequisite of the first deployment. */
export interface Requirement {
  /** Stable; begins with the provider. */
  id: string;
  provider: Provider;
  /** A sentence that holds when it is there. */
  title: string;
  /** Requirements without which there is nothing to look at; they stand before it in the list. */
  after?: readonly string[];
  /** Set where a first deployment does not need the answer: a skipped check does not count as missing. */
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
