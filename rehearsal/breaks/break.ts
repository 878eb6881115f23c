import type { Scenario } from '../scenarios/scenario.ts';

/** A fault injected into a running environment, and how to see that it is over. */
export interface Break extends Scenario {
  /** The injected fault. */
  does: string;
  /** What people see meanwhile. */
  people: string;
  /** How recovery is checked. */
  recovery: string;
  /** It needs the applied network: it is absent on loopback. */
  needsNetwork?: true;
  /** It touches nothing but a conversation of its own, so several of them run at once. */
  isAlone?: true;
}

/** Longer than a call waits by itself, and well below the 45 s that a running turn survives. */
export const AWAY_MS = 6_000;
/** A lease is 15 s: after that another process has the turns. */
export const LEASE_OVER_MS = 22_000;
