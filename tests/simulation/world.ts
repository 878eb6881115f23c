import { setLogger } from '@google/adk';
import { CallLimit } from '@lornu/backend/firestore/client/call-limit.ts';
import { useModel } from '@lornu/backend/model/gemini-llm.ts';
import { toAdkLogger } from '@lornu/backend/observability/adk-logger.ts';
import { leaseTimes } from '@lornu/backend/runs/run-options.ts';
import { silentLog } from '@lornu/backend/testing/run-bench.ts';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import type { Entry, Seen } from './check/history.ts';
import { runOn, type VirtualTime } from './clock.ts';
import { Connection, Cut, LONGEST_NETWORK_MS } from './connection.ts';
import { simulatedAgent, simulatedModel, type ModelFault } from './model.ts';
import { APP, Process, type Surroundings } from './process.ts';
import { emptyStore, type SharedStore, type StoreKind } from './stores.ts';

/** The share of commits that are stored, but never get a response. */
const UNANSWERED = 0.002;

/** How long an undisturbed process needs at most for the requests that it has. */
const ANSWERED_MS = 60_000;

/** Each session has a different user. */
export const keyOf = (session: string) => ({
  appName: APP,
  userId: `user of ${session}`,
  sessionId: session,
});

export interface WorldOptions {
  processes: number;
  leaseMs: number;
  /** Default: the service's. */
  renewEveryMs?: number;
  seed: number;
  store: StoreKind;
  /** The initial period in which the store's responses may be so late that a lease is lost. */
  losesAnswersForMs: number;
}

/** Several processes of the service, the model, and the faults between them. */
export class World implements Surroundings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly history: Entry[] = [];
  readonly store: SharedStore;
  readonly agent;
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  readonly #losesAnswersUntil: number;
  /** Set: every commit is stored, and its process never gets a response. */
  isUnanswered = false;
  served: () => Promise<void> | undefined = () => undefined;
  modelFault: { kind: ModelFault; until: number } | undefined;
  readonly #processes: (Process | undefined)[];
  #started = 0;
  #isCalm = false;

  constructor(time: VirtualTime, options: WorldOptions) {
    const { processes, leaseMs, seed, store, losesAnswersForMs } = options;
    this.time = time;
    this.leaseMs = leaseMs;
    this.renewEveryMs = options.renewEveryMs ?? leaseTimes(leaseMs).renewEveryMs;
    this.#losesAnswersUntil = time.now + losesAnswersForMs;
    this.store = emptyStore(store);
    this.random = mulberry32(seed);
    const { random } = this;
    const see = (seen: Seen): void => this.see(seen);
    const modelFault = () =>
      this.modelFault && this.modelFault.until > time.now ? this.modelFault.kind : undefined;
    setLogger(toAdkLogger(silentLog));
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

  /** Stops injecting faults, and waits for their effects and for unanswered requests: the final state comes after them. */
  async calm(): Promise<void> {
    this.modelFault = undefined;
    this.#isCalm = true;
    for (const [index, process] of this.#processes.entries()) {
      if (!process) this.start(index);
      else {
        process.storeAwayUntil = 0;
        process.atNextCommit = undefined;
        await this.time.sleep(process.disturbedUntil - this.time.now);
        for (let left = ANSWERED_MS; process.isAnswering && left > 0; left -= 100) await this.time.sleep(100);
      }
    }
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  get unanswered(): number {
    if (this.isUnanswered) return 1;
    return this.time.now < this.#losesAnswersUntil ? UNANSWERED : 0;
  }

  /** Ends all processes without recording it. */
  close(): void {
    for (const process of this.#processes) if (process) process.host.isDead = true;
  }

  start(index: number): void {
    const name = `p${index}.${this.#started++}`;
    this.#processes[index] = new Process(name, this);
    this.see({ is: 'process', process: name, what: 'started' });
  }

  /**
   * SIGKILL: pending calls never complete, and connections are cut. Another process starts a little later. `isAtCommit`: as
   * soon as its next commit is stored.
   */
  async kill(index: number, isAtCommit = false): Promise<void> {
    const process = this.#processes[index];
    if (!process) return;
    if (isAtCommit) {
      // Not as the process itself, whose timers end with it.
      process.atNextCommit = () => void runOn(undefined, () => this.kill(index));
      return;
    }
    this.#processes[index] = undefined;
    process.host.isDead = true;
    this.see({ is: 'process', process: process.host.name, what: 'killed' });
    for (const cut of process.cuts) cut();
    await this.time.sleep(200 + this.random() * 3_000);
    this.start(index);
  }

  /**
   * SIGSTOP, then SIGCONT after a while. `isAtCommit`: as soon as its next commit is stored, whose response it never gets.
   */
  pause(index: number, forMs: number, isAtCommit: boolean): void {
    const process = this.#processes[index];
    if (!process) return;
    const stop = (): void => {
      process.host.pausedUntil = Math.max(process.host.pausedUntil, this.time.now + forMs);
      this.see({ is: 'process', process: process.host.name, what: 'paused', forMs });
    };
    if (isAtCommit) process.atNextCommit = stop;
    else stop();
  }

  /** SIGTERM: the process accepts no new runs, waits for its own, hands the rest over and ends. */
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

  /** From now on each call of Firestore takes `callMs`, and it works on so many at once: the others wait there. */
  overloadStore(callMs: number, atOnce: number): void {
    const limit = new CallLimit(atOnce);
    this.served = () => limit.run(() => this.time.sleep(callMs));
  }

  takeStoreAway(index: number, forMs: number): void {
    const process = this.#processes[index];
    if (!process) return;
    process.storeAwayUntil = this.time.now + forMs;
    this.see({ is: 'process', process: process.host.name, what: 'without its store', forMs });
  }

  /** As soon as the next commit of a process is stored, the store is away for all processes; that commit gets no response. */
  takeStoreAwayAtCommit(index: number, forMs: number): void {
    const process = this.#processes[index];
    if (!process) return;
    process.atNextCommit = () => {
      for (const each of this.#processes.keys()) this.takeStoreAway(each, forMs);
    };
  }

  /** The store stores at once what this process sends, and answers some calls late. */
  delayAnswers(index: number, forMs: number): void {
    const process = this.#processes[index];
    if (!process) return;
    process.answersLateUntil = this.time.now + forMs;
    this.see({ is: 'process', process: process.host.name, what: 'answered late by its store', forMs });
  }

  /**
   * Sends a request to a process. The response arrives unless the connection breaks or the client stops waiting first.
   */
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
