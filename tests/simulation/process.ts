import { AppError } from '@lornu/backend/errors/app-error.ts';
import { StoreThenShow } from '@lornu/backend/runs/frame-pacing.ts';
import { createRunService } from '@lornu/backend/runs/run-service.ts';
import type { RunService } from '@lornu/backend/runs/run.ts';
import { SqliteRunStore } from '@lornu/backend/runs/sqlite/sqlite-run-store.ts';
import type { SessionStore } from '@lornu/backend/sessions/session-store.ts';
import { SqliteSessionStore } from '@lornu/backend/sessions/sqlite/sqlite-session-store.ts';
import { silentLog } from '@lornu/backend/testing/run-bench.ts';
import type { BaseAgent } from '@google/adk';
import type { Database } from 'bun:sqlite';
import { Host, runOn, type VirtualTime } from './clock.ts';
import { connectionTo } from './shared-database.ts';

export const APP = 'sim';

/** How long a call waits for a store that is away. */
const STORE_WAIT_MS = 600;
/** How often processes look at what others do: less often than in production, because most looks see nothing. */
const LOOK_EVERY_MS = 250;

/** What a process meets of the world. */
export interface Surroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly database: Database;
  readonly agent: BaseAgent;
  readonly leaseMs: number;
  /** Nothing goes wrong any more. */
  readonly isCalm: boolean;
}

/** One service process: its own stores, leases and runs on the database that all share. */
export class Process {
  readonly host: Host;
  readonly runs: RunService;
  readonly sessions: SessionStore;
  readonly cuts = new Set<() => void>();
  storeAwayUntil = 0;

  constructor(name: string, world: Surroundings) {
    this.host = new Host(name);
    const database = connectionTo(world.database);
    const through = <T extends object>(target: T): T => gated(target, (call) => this.#store(world, call));
    [this.sessions, this.runs] = runOn(this.host, () => {
      const sessions = through(new SqliteSessionStore({ database }) as SessionStore);
      const rootAgent = world.agent;
      const runs = createRunService({
        agents: { agents: new Map([[APP, { appName: APP, rootAgent }]]), broken: [] },
        sessions,
        runs: through(runStoreOf(database, world.time)),
        log: silentLog,
        now: Date.now,
        newId: () => crypto.randomUUID(),
        limits: { leaseMs: world.leaseMs, renewEveryMs: world.leaseMs / 3, cancelEveryMs: LOOK_EVERY_MS },
      });
      return [sessions, runs];
    });
  }

  /** A call of the store: it takes its time, and fails while the store is away. */
  async #store<T>({ time, random, isCalm, leaseMs }: Surroundings, call: () => Promise<T>): Promise<T> {
    if (isCalm) return call();
    await time.sleep(storeLatency(random, leaseMs));
    if (this.storeAwayUntil > time.now) {
      await time.sleep(random() * STORE_WAIT_MS);
      if (this.storeAwayUntil > time.now) throw new AppError('STORE_UNAVAILABLE');
    }
    const result = await call();
    if (random() < 0.3) await time.sleep(storeLatency(random, leaseMs));
    return result;
  }
}

/** Of the store, milliseconds: mostly short, now and then long, and never so long that a lease runs out for it. */
function storeLatency(random: () => number, leaseMs: number): number {
  const luck = random();
  return luck < 0.6 ? 0 : luck < 0.97 ? random() * 40 : (random() * leaseMs) / 5;
}

/** Calls that wait for others go through a gate; what is known at once does not. */
function gated<T extends object>(target: T, gate: <R>(call: () => Promise<R>) => Promise<R>): T {
  const known = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get: (_, key) => {
      const value: unknown = known.get(key) ?? Reflect.get(target, key, target);
      if (typeof value !== 'function' || known.has(key)) return value;
      const isAsync = value.constructor.name === 'AsyncFunction';
      const method = isAsync
        ? (...args: unknown[]) => gate(() => value.apply(target, args) as Promise<unknown>)
        : value.bind(target);
      known.set(key, method);
      return method;
    },
  });
}

function runStoreOf(database: Database, time: VirtualTime): SqliteRunStore {
  const store = new SqliteRunStore({ database, uptimeMs: () => time.now });
  const { everyMs, maxFrames } = store.pacing;
  const pacing = new StoreThenShow({ everyMs, maxFrames, lookEveryMs: LOOK_EVERY_MS });
  return Object.assign(store, { pacing });
}
