import type { StagingAccount, DeployedService } from './deployed.ts';
import type { ServedVersion } from './served.ts';
import type { Target } from './target.ts';
import type { Verdict } from './verdict.ts';

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
