import type { Scenario } from '../scenarios/scenario.ts';

/** A fault that is injected into a running environment, and how to check that the environment recovered. */
export interface Break extends Scenario {
  /** The injected fault. */
  does: string;
  /** What people see during the break. */
  people: string;
  /** How recovery is checked. */
  recovery: string;
  /** The break needs the applied network, so it is not available on loopback. */
  needsNetwork?: true;
  /** The break affects only its own conversation, so several such breaks run at the same time. */
  isAlone?: true;
}

/** Longer than the timeout of a call, and well below the 45 s that a running turn survives. */
export const AWAY_MS = 6_000;
/** A heartbeat holds a process's turns for 3 s. After this time, another process has taken them over. */
export const LEASE_OVER_MS = 10_000;
