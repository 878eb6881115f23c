import { setLogger } from '@google/adk';
import { AppError } from '@lornu/backend/errors/app-error.ts';
import { sseResponse } from '@lornu/backend/http/sse.ts';
import { useModel } from '@lornu/backend/model/gemini-llm.ts';
import type { Run, RunService } from '@lornu/backend/runs/run.ts';
import { toAdkLogger } from '@lornu/backend/observability/adk-logger.ts';
import { createRunService } from '@lornu/backend/runs/run-service.ts';
import { StoreThenShow } from '@lornu/backend/runs/frame-pacing.ts';
import { SqliteRunStore } from '@lornu/backend/runs/sqlite/sqlite-run-store.ts';
import { openDatabase } from '@lornu/backend/sessions/sqlite/database.ts';
import type { SessionStore } from '@lornu/backend/sessions/session-store.ts';
import { SqliteSessionStore } from '@lornu/backend/sessions/sqlite/sqlite-session-store.ts';
import { silentLog } from '@lornu/backend/testing/run-bench.ts';
import type { Database, Statement } from 'bun:sqlite';
import type { Entry, Seen } from './check/history.ts';
import { Host, mulberry32, runOn, VirtualTime } from './clock.ts';
import { simulatedAgent, simulatedModel, type ModelFault } from './model.ts';

export const APP = 'sim';
/** Each session has a user of its own. */
export const keyOf = (session: string) => ({
  appName: APP,
  userId: `user of ${session}`,
  sessionId: session,
});

/** How long a call waits for a store that is away. */
const STORE_WAIT_MS = 600;
const LONGEST_NETWORK_MS = 25;
/** How often processes look at what others do: less often than in production, because most looks see nothing. */
const LOOK_EVERY_MS = 250;
const PING_MS = 15_000;
/** How long a client waits for the head of an answer. */
const LONGEST_ANSWER_MS = 20_000;

/** The connection to a process broke, or there was nobody to connect to. */
export class Cut extends Error {}

/** One service process: its own stores, leases and runs on the database that all share. */
class Process {
  readonly host: Host;
  readonly runs: RunService;
  readonly sessions: SessionStore;
  readonly cuts = new Set<() => void>();
  storeAwayUntil = 0;

  constructor(name: string, world: World) {
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
        log: world.log,
        now: Date.now,
        newId: () => crypto.randomUUID(),
        limits: { leaseMs: world.leaseMs, renewEveryMs: world.leaseMs / 3, cancelEveryMs: LOOK_EVERY_MS },
      });
      return [sessions, runs];
    });
  }

  /** A call of the store: it takes its time, and fails while the store is away. */
  async #store<T>({ time, random, isCalm, leaseMs }: World, call: () => Promise<T>): Promise<T> {
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

/**
 * One database in memory, with a connection of its own for each process: what waits for a commit dies with it. They share
 * prepared statements, which no process uses across a wait.
 */
function connectionTo(database: Database): Database {
  const known = new Map<PropertyKey, unknown>([
    ['prepare', prepared],
    ['query', prepared],
  ]);
  return new Proxy(database, {
    get: (_, key) => {
      const value: unknown = known.get(key) ?? Reflect.get(database, key, database);
      if (typeof value !== 'function' || known.has(key)) return value;
      const method: unknown = value.bind(database);
      known.set(key, method);
      return method;
    },
  });
}

/** Opened once: its schema and statements cost more than a turn. */
const shared = openDatabase(':memory:');
const tables = shared
  .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'")
  .all()
  .map(({ name }) => name);

const statements = new Map<string, Statement>();

/** All of them: bun:sqlite itself keeps 20. */
function prepared(sql: string): Statement {
  const statement = statements.get(sql) ?? shared.prepare(sql);
  statements.set(sql, statement);
  return statement;
}

function emptyDatabase(): Database {
  // A scenario that was left in the middle of a transaction.
  if (shared.inTransaction) shared.run('ROLLBACK');
  for (const table of tables) shared.run(`DELETE FROM ${table}`);
  return shared;
}

/** Several processes of the service, the model, and everything that goes wrong between them. */
export class World {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly history: Entry[] = [];
  readonly database = emptyDatabase();
  readonly agent;
  readonly log = silentLog;
  readonly leaseMs: number;
  modelFault: { kind: ModelFault; until: number } | undefined;
  readonly #processes: (Process | undefined)[];
  #started = 0;
  #isCalm = false;

  constructor(
    time: VirtualTime,
    { processes, leaseMs, seed }: { processes: number; leaseMs: number; seed: number },
  ) {
    this.time = time;
    this.leaseMs = leaseMs;
    this.random = mulberry32(seed);
    const { random } = this;
    const see = (seen: Seen): void => this.see(seen);
    const modelFault = () =>
      this.modelFault && this.modelFault.until > time.now ? this.modelFault.kind : undefined;
    setLogger(toAdkLogger(this.log));
    useModel({
      backend: { kind: 'stand-in', baseUrl: 'http://model.invalid' },
      fetch: simulatedModel({ time, random, see, modelFault }),
    });
    this.agent = simulatedAgent({ time, see });
    this.#processes = Array.from({ length: processes }, () => undefined);
    for (const index of this.#processes.keys()) this.start(index);
  }

  see(seen: Seen): void {
    this.history.push({ at: this.time.now, ...seen });
  }

  /** Nothing goes wrong any more: what is left is looked at. */
  async calm(): Promise<void> {
    this.modelFault = undefined;
    this.#isCalm = true;
    for (const [index, process] of this.#processes.entries()) {
      if (!process) this.start(index);
      else {
        process.storeAwayUntil = 0;
        await this.time.sleep(process.host.pausedUntil - this.time.now);
      }
    }
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** Ends all processes, without a word. */
  close(): void {
    for (const process of this.#processes) if (process) process.host.isDead = true;
  }

  start(index: number): void {
    const name = `p${index}.${this.#started++}`;
    this.#processes[index] = new Process(name, this);
    this.see({ is: 'process', process: name, what: 'started' });
  }

  /** SIGKILL: nothing that it waits for ever comes; its connections are cut. Another is started a little later. */
  async kill(index: number): Promise<void> {
    const process = this.#processes[index];
    if (!process) return;
    this.#processes[index] = undefined;
    process.host.isDead = true;
    this.see({ is: 'process', process: process.host.name, what: 'killed' });
    for (const cut of process.cuts) cut();
    await this.time.sleep(200 + this.random() * 3_000);
    this.start(index);
  }

  /** SIGSTOP and, after a while, SIGCONT. */
  pause(index: number, forMs: number): void {
    const process = this.#processes[index];
    if (!process) return;
    process.host.pausedUntil = Math.max(process.host.pausedUntil, this.time.now + forMs);
    this.see({ is: 'process', process: process.host.name, what: 'paused', forMs });
  }

  /** SIGTERM: it takes no new runs, waits for its own, hands the rest over and ends. */
  async terminate(index: number, withinMs: number): Promise<void> {
    const process = this.#processes[index];
    if (!process) return;
    this.see({ is: 'process', process: process.host.name, what: 'asked to stop' });
    await Promise.race([
      runOn(process.host, () => process.runs.drain(withinMs)),
      this.time.sleep(withinMs + 8_000),
    ]);
    if (this.#processes[index] === process) await this.kill(index);
  }

  takeStoreAway(index: number, forMs: number): void {
    const process = this.#processes[index];
    if (!process) return;
    process.storeAwayUntil = this.time.now + forMs;
    this.see({ is: 'process', process: process.host.name, what: 'without its store', forMs });
  }

  /** A request to a process: the answer comes unless the connection breaks first, or nobody waits any more. */
  async request<T>(index: number, work: (process: Process) => Promise<T>): Promise<T> {
    const connection = await this.connect(index);
    try {
      return await connection.ask(work);
    } finally {
      connection.leave();
    }
  }

  async connect(index: number): Promise<Connection> {
    await this.time.sleep(this.random() * LONGEST_NETWORK_MS);
    const process = this.#processes[index % this.#processes.length];
    if (!process) throw new Cut('refused');
    return new Connection(this, process);
  }
}

/** What a client receives on a stream: an event with its id, or a comment. */
export type Received = { id: string; data: string } | { comment: string };

/** A client's connection to one process. What is under way when the process dies may still arrive, or not. */
export class Connection {
  readonly #world: World;
  readonly #process: Process;
  readonly #left = new AbortController();
  readonly #received: Received[] = [];
  #isOver = false;
  #arrivesAt = 0;
  #change = Promise.withResolvers<void>();
  readonly #broken = Promise.withResolvers<never>();
  readonly #cut = (): void => {
    this.#broken.reject(new Cut('cut'));
    // Half of the time nothing more arrives of what is under way.
    if (this.#world.random() < 0.5) this.#end();
    else this.#deliver(() => this.#end());
  };

  constructor(world: World, process: Process) {
    this.#world = world;
    this.#process = process;
    this.#broken.promise.catch(() => undefined);
    process.cuts.add(this.#cut);
  }

  async ask<T>(work: (process: Process) => Promise<T>): Promise<T> {
    const { time, random } = this.#world;
    const working = runOn(this.#process.host, () => work(this.#process));
    working.catch(() => undefined);
    const tooLate = time.sleep(LONGEST_ANSWER_MS).then(() => Promise.reject(new Cut('no answer')));
    tooLate.catch(() => undefined);
    const answer = await Promise.race([working, this.#broken.promise, tooLate]);
    await Promise.race([time.sleep(random() * LONGEST_NETWORK_MS), this.#broken.promise]);
    return answer;
  }

  /** Begins to send a run's frames, as the routes do. */
  listen(run: Run, fromIndex?: number): void {
    const { signal } = this.#left;
    const options = {
      pingMs: PING_MS,
      metrics: undefined,
      signal,
      ...(fromIndex === undefined ? {} : { fromIndex }),
    };
    void runOn(this.#process.host, async () => {
      const decoder = new TextDecoder();
      try {
        for await (const bytes of sseResponse(run, options).body ?? []) {
          const text = decoder.decode(bytes);
          this.#deliver(() => this.#receive(text));
        }
      } catch {
        // A stream that fails is a connection that is cut.
      }
      this.#deliver(() => this.#end());
    });
  }

  /** The next of what arrives; undefined where the connection is over, or nothing came for so long. */
  async next(withinMs: number): Promise<Received | undefined> {
    const giveUpAt = this.#world.time.now + withinMs;
    for (;;) {
      const received = this.#received.shift();
      if (received) return received;
      if (this.#isOver || this.#world.time.now >= giveUpAt) return undefined;
      await Promise.race([this.#change.promise, this.#world.time.sleep(withinMs)]);
    }
  }

  leave(): void {
    this.#process.cuts.delete(this.#cut);
    this.#isOver = true;
    runOn(this.#process.host, () => this.#left.abort());
  }

  /** In the order in which it was sent. */
  #deliver(arrive: () => void): void {
    const { time, random } = this.#world;
    const latency = random() < 0.5 ? 0 : random() * LONGEST_NETWORK_MS;
    this.#arrivesAt = Math.max(this.#arrivesAt, time.now + latency);
    runOn(undefined, () => setTimeout(arrive, this.#arrivesAt - time.now));
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    for (const block of text.split('\n\n')) {
      const [, comment] = /^: (.*)/m.exec(block) ?? [];
      if (comment !== undefined) this.#received.push({ comment });
      const [, id, data] = /^id: (.*)\ndata: (.*)$/m.exec(block) ?? [];
      if (id !== undefined && data !== undefined) this.#received.push({ id, data });
    }
    this.#wake();
  }

  #end(): void {
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
