import { createRunService } from '@lornu/backend/runs/run-service.ts';
import type { RunService } from '@lornu/backend/runs/run.ts';
import type { SessionStore } from '@lornu/backend/sessions/session-store.ts';
import { silentLog } from '@lornu/backend/testing/run-bench.ts';
import type { BaseAgent } from '@google/adk';
import { Host, runOn, type VirtualTime } from './clock.ts';
import { LOOK_EVERY_MS, openStores, type SharedStore } from './stores.ts';

export const APP = 'sim';

/** What a process meets of the world. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly store: SharedStore;
  readonly agent: BaseAgent;
  readonly leaseMs: number;
  /** Until then, answers of the store may stay away for so long that a lease is lost. */
  readonly losesAnswersUntil: number;
  /** Nothing goes wrong any more. */
  readonly isCalm: boolean;
}

/** One service process: its own stores, leases and runs on the store that all share. */
export class Process {
  readonly host: Host;
  readonly runs: RunService;
  readonly sessions: SessionStore;
  readonly cuts = new Set<() => void>();
  storeAwayUntil = 0;

  constructor(name: string, world: Surroundings) {
    this.host = new Host(name);
    const { time, random, leaseMs, agent: rootAgent } = world;
    const network = {
      time,
      random,
      isCalm: () => world.isCalm,
      isAway: () => this.storeAwayUntil > time.now,
      latencyMs: () => storeLatency(random, leaseMs),
      callMs: (leaseMs * 2) / 3,
      losesAnswers: () => time.now < world.losesAnswersUntil,
    };
    [this.sessions, this.runs] = runOn(this.host, () => {
      const { sessions, runs } = openStores(world.store, network);
      const service = createRunService({
        agents: { agents: new Map([[APP, { appName: APP, rootAgent }]]), broken: [] },
        sessions,
        runs,
        log: silentLog,
        now: Date.now,
        newId: () => crypto.randomUUID(),
        limits: { leaseMs, renewEveryMs: leaseMs / 3, cancelEveryMs: LOOK_EVERY_MS },
      });
      return [sessions, service];
    });
  }
}

/** Of the store, milliseconds: mostly short, now and then long, and never so long that a lease runs out for it. */
function storeLatency(random: () => number, leaseMs: number): number {
  const luck = random();
  return luck < 0.6 ? 0 : luck < 0.97 ? random() * 40 : (random() * leaseMs) / 5;
}
