import { leaseTimes } from '@lornu/backend/runs/run-options.ts';
import { createRunService } from '@lornu/backend/runs/run-service.ts';
import type { RunService } from '@lornu/backend/runs/run.ts';
import type { SessionStore } from '@lornu/backend/sessions/session-store.ts';
import { silentLog } from '@lornu/backend/testing/run-bench.ts';
import type { BaseAgent } from '@google/adk';
import { Host, runOn, type VirtualTime } from './clock.ts';
import { LOOK_EVERY_MS, openStores, type SharedStore } from './stores.ts';

export const APP = 'sim';

/** The share of answers that are late while the store answers late. */
const LATE = 0.2;
/** How late they are at most, in milliseconds: longer than some leases hold. */
const LATEST_MS = 4_000;
/** How long after a pause a process may still lose leases. */
const RESUMED_MS = 2_000;

/** The environment of a process. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly store: SharedStore;
  readonly agent: BaseAgent;
  /** How long a heartbeat holds the leases of its process. */
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  /** See Network. */
  readonly unanswered: number;
  /** No more faults are injected. */
  readonly isCalm: boolean;
  /** See Network. */
  readonly served: () => Promise<void> | undefined;
}

/** One service process with its own stores, leases and runs, on the shared database. */
export class Process {
  readonly host: Host;
  readonly runs: RunService;
  readonly sessions: SessionStore;
  readonly cuts = new Set<() => void>();
  #answering = 0;
  storeAwayUntil = 0;
  answersLateUntil = 0;
  /** Called once, when the next commit is stored. */
  atNextCommit: (() => void) | undefined;

  /** Until then a pause or late answers may still cost it leases that it has or takes: also heartbeats are late. */
  get disturbedUntil(): number {
    const { pausedUntil } = this.host;
    return Math.max(
      pausedUntil && pausedUntil + RESUMED_MS,
      this.answersLateUntil && this.answersLateUntil + LATEST_MS,
    );
  }

  /** Whether it works on a request, even if the client waits no longer: a start may still be stored. */
  get isAnswering(): boolean {
    return this.#answering > 0;
  }

  constructor(name: string, world: Surroundings) {
    this.host = new Host(name);
    const { time, random, leaseMs, renewEveryMs, agent: rootAgent } = world;
    const network = {
      time,
      random,
      isCalm: () => world.isCalm,
      isAway: () => this.storeAwayUntil > time.now,
      latencyMs: () => storeLatency(random, leaseMs),
      answerMs: () =>
        this.answersLateUntil > time.now && random() < LATE
          ? random() * LATEST_MS
          : storeLatency(random, leaseMs),
      hasStored: () => {
        const interrupt = this.atNextCommit;
        this.atNextCommit = undefined;
        interrupt?.();
        return interrupt !== undefined;
      },
      callMs: (leaseMs * 2) / 3,
      unanswered: () => world.unanswered,
      served: () => world.served(),
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
        limits: { ...leaseTimes(leaseMs), renewEveryMs, cancelEveryMs: LOOK_EVERY_MS },
      });
      return [sessions, service];
    });
  }

  /** Works on a request in this process. */
  async answer<T>(work: (process: Process) => Promise<T>): Promise<T> {
    this.#answering++;
    try {
      return await runOn(this.host, () => work(this));
    } finally {
      this.#answering--;
    }
  }
}

/** The delay of the store in milliseconds: mostly short, sometimes long, but never so long that a lease expires. */
function storeLatency(random: () => number, leaseMs: number): number {
  const luck = random();
  return luck < 0.6 ? 0 : luck < 0.97 ? random() * 40 : (random() * leaseMs) / 5;
}
