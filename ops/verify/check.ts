import type { StagingAccount, DeployedService } from './deployed.ts';
import type { ServedVersion } from './served.ts';
import type { Target } from './target.ts';
import type { Verdict } from './verdict.ts';

/** What a check may use. */
export interface Scene {
  target: Target;
  /** What the service says of itself; undefined when /version does not answer. */
  served: ServedVersion | undefined;
  /** Undefined where the account cannot be looked at from here. */
  account: StagingAccount | undefined;
  deployed: DeployedService | undefined;
  /** What --revision said. */
  revision: string | undefined;
  /** How long a silent stream is watched, in seconds. */
  waitS: number;
  /** The agent on Google Cloud is part of this rehearsal. */
  hasPeer: boolean;
}

/** One line of the verification: it looks, and a pure function judges what was seen. */
export interface VerifyCheck {
  id: string;
  /** A sentence that holds when it passes. */
  title: string;
  run: (scene: Scene) => Promise<Verdict>;
}

/** Why a check that needs a token was not made. */
export const NO_TOKEN = 'no token was given (--token-file)';
/** Why a check that needs the account was not made. */
export const NO_ACCOUNT = 'the account cannot be looked at from here (AWS credentials)';
