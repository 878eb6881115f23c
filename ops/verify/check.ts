import type { StagingAccount, DeployedService } from './deployed.ts';
import { type Target, ask } from './target.ts';
import { z } from 'zod';

/** What a check may use. */
export interface Scene {
  target: Target;
  /** What /version returned; undefined if it does not answer. */
  served: ServedVersion | undefined;
  /** Undefined if the account is not accessible from here. */
  account: StagingAccount | undefined;
  deployed: DeployedService | undefined;
  /** The value of --revision. */
  revision: string | undefined;
  /** How long a silent stream is observed, in seconds. */
  waitS: number;
  /** Whether this rehearsal includes the agent on Google Cloud. */
  hasPeer: boolean;
  /** Addresses from which Gemini's stand-in was called so far; undefined where that is nobody's to see. */
  geminiCallers?: (() => Promise<string[]>) | undefined;
}

/** One line of the verification: `run` observes, and a pure function judges the result. */
export interface VerifyCheck {
  id: string;
  /** A sentence that is true if the check passes. */
  title: string;
  run: (scene: Scene) => Promise<Verdict>;
}

/** Why a check that needs a token was skipped. */
export const NO_TOKEN = 'no token was given (--token-file)';
/** Why a check that needs the account was skipped. */
export const NO_ACCOUNT = 'the account cannot be looked at from here (AWS credentials)';

const VERSION = z.object({
  language: z.string().optional(),
  revision: z.string().optional(),
  environment: z.string().optional(),
  model: z.string().optional(),
  modelIsStandIn: z.boolean().optional(),
  rehearsal: z.boolean().optional(),
  database: z.string().optional(),
});

/** What the service reports at /version. */
export interface ServedVersion extends z.output<typeof VERSION> {
  /** The FastAPI/ADK agent, which has no runs that outlive a connection, no cancel and no sign-in. */
  isPython: boolean;
}

/** Undefined if there is no valid response; the version check reports what came instead. */
export async function readServed(target: Target): Promise<ServedVersion | undefined> {
  const response = await ask(target, '/version').catch(() => undefined);
  if (!response?.ok) return undefined;
  const parsed = VERSION.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? { ...parsed.data, isPython: parsed.data.language === 'python' } : undefined;
}

/** Why the FastAPI/ADK agent does not offer something. */
export const NOT_IN_PYTHON = 'the FastAPI/ADK agent is served, which does not have it';

/**
 * How a check ended. `absent`: the part is not built or not accessible from here, so nothing is known. `not offered`:
 * the service says that it does not have it. Neither counts as passed.
 */
export type Outcome = 'passed' | 'failed' | 'absent' | 'not offered';

export interface Verdict {
  outcome: Outcome;
  expected: string;
  /** What was observed; for `absent` and `not offered`, why nothing was checked. */
  seen: string;
}

/** Passed if everything was as expected. */
export function judged(holds: boolean, expected: string, seen: string): Verdict {
  return { outcome: holds ? 'passed' : 'failed', expected, seen };
}

export function absent(expected: string, why: string): Verdict {
  return { outcome: 'absent', expected, seen: why };
}

export function notOffered(expected: string, why: string): Verdict {
  return { outcome: 'not offered', expected, seen: why };
}

/** A length of time, as a verdict states it. */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
