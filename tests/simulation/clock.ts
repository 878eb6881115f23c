import { AsyncLocalStorage } from 'node:async_hooks';
import { drainMicrotasks } from 'bun:jsc';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';

/** A simulated service process, which can be paused and killed as the kernel does it. */
export class Host {
  readonly name: string;
  isDead = false;
  /** The process is paused until this virtual time. */
  pausedUntil = 0;

  constructor(name: string) {
    this.name = name;
  }
}

const host = new AsyncLocalStorage<Host | undefined>();

/** The host whose code runs now; undefined for the world around the processes. */
export const currentHost = (): Host | undefined => host.getStore();
export const runOn = <T>(where: Host | undefined, work: () => T): T => host.run(where, work);

/**
 * Replaces the global clock and timers with virtual time, so that the service's timers, leases, watchdogs and retries
 * run unchanged. Random numbers and ids come from a seed. There is no real waiting: the clock runs the next timer, then
 * all microtasks, until no timer is left. `AbortSignal.timeout` stays real, because no simulated code uses it.
 */
export class VirtualTime {
  now: number;
  readonly random: () => number;
  readonly #heap: Timer[] = [];
  #order = 0;

  constructor(seed: number, startMs = Date.UTC(2030, 0, 1)) {
    this.now = startMs;
    this.random = mulberry32(seed);
  }

  /** Installs the virtual globals, runs `work` to its end, and restores the real globals before it returns. */
  during<T>(work: () => T): T {
    const ids = mulberry32(Math.floor(this.random() * 2 ** 32));
    const random = mulberry32(Math.floor(this.random() * 2 ** 32));
    setRunning(this);
    const putBack = [
      replace(globalThis, VIRTUAL_GLOBALS),
      replace(Bun, { sleep: (ms: number) => this.sleep(ms) }),
      replace(performance, { now: virtualNow }),
      replace(Math, { random }),
      replace(crypto, { randomUUID: () => uuid(ids) }),
    ];
    try {
      return work();
    } finally {
      // What the end has resolved still runs under virtual time.
      drainMicrotasks();
      for (const put of putBack) put();
      setRunning(undefined);
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.add(new Timer(resolve, ms, undefined, true)));
  }

  /** Calls `run` after that time, unless the returned timer is cancelled before. */
  after(ms: number, run: () => void): { cancel: () => void } {
    return new TimerHandle(this, run, ms);
  }

  /** Runs timers until `isDone`, or until none is left. Returns false if virtual time passed `untilMs` first. */
  run(isDone: () => boolean, untilMs: number): boolean {
    drainMicrotasks();
    while (!isDone()) {
      const timer = this.#take();
      if (!timer) return true;
      if (timer.isCancelled || timer.host?.isDead) continue;
      if (timer.at > untilMs) {
        this.#push(timer);
        return false;
      }
      this.now = Math.max(this.now, timer.at);
      if (timer.host && timer.host.pausedUntil > this.now) {
        timer.at = timer.host.pausedUntil;
        this.#push(timer);
        continue;
      }
      this.#fire(timer);
      drainMicrotasks();
    }
    return true;
  }

  /** Schedules a timer, after those that are due at the same time. */
  add(timer: Timer): Timer {
    timer.at = this.now + timer.ms;
    timer.order = this.#order++;
    this.#push(timer);
    return timer;
  }

  #fire(timer: Timer): void {
    if (timer.everyMs !== undefined) {
      timer.at = this.now + timer.everyMs;
      timer.order = this.#order++;
      this.#push(timer);
    }
    // A timer's callback runs in the process that set the timer. What awaits a sleep does so by itself.
    if (timer.isSleep || !timer.host) timer.run();
    else host.run(timer.host, timer.run);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #take(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** What has to run at a virtual time, and the process that set it. */
class Timer {
  readonly host = currentHost();
  readonly run: () => void;
  readonly ms: number;
  /** The period of an interval. */
  readonly everyMs: number | undefined;
  readonly isSleep: boolean;
  isCancelled = false;
  at = 0;
  order = 0;

  constructor(run: () => void, ms: number, everyMs?: number, isSleep = false) {
    this.run = run;
    this.ms = Math.max(0, ms || 0);
    this.everyMs = everyMs;
    this.isSleep = isSleep;
  }
}

/** What `setTimeout` and `setInterval` return. */
class TimerHandle {
  readonly #time: VirtualTime;
  #timer: Timer;

  constructor(time: VirtualTime, run: () => void, ms: number, everyMs?: number) {
    this.#time = time;
    this.#timer = time.add(new Timer(run, ms, everyMs));
  }

  cancel(): void {
    this.#timer.isCancelled = true;
  }

  refresh(): this {
    const { run, ms, everyMs } = this.#timer;
    this.cancel();
    this.#timer = this.#time.add(new Timer(run, ms, everyMs));
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

/** Replaces some properties of an object. The returned function restores them. */
function replace(target: object, others: Readonly<Record<string, unknown>>): () => void {
  const before = Object.fromEntries(Object.keys(others).map((name) => [name, Reflect.get(target, name)]));
  Object.assign(target, others);
  return () => void Object.assign(target, before);
}

/** The time whose globals are installed. */
let running: VirtualTime | undefined;
const setRunning = (time: VirtualTime | undefined): void => {
  running = time;
};

const virtualNow = (): number => running!.now;

const RealDate = Date;
class VirtualDate extends RealDate {
  constructor(...parts: [] | [number]) {
    super(...(parts.length === 0 ? ([virtualNow()] as const) : parts));
  }
  static override now(): number {
    return virtualNow();
  }
  /** Dates that were created before the virtual clock. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(RealDate.prototype, Object(value));
  }
}

const virtualTimeout = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
  new TimerHandle(running!, args.length === 0 ? run : () => run(...args), ms);
const clear = (handle?: { cancel?: () => void }) => handle?.cancel?.();

/** The same for each scenario: compiled code that has called them stays valid. */
const VIRTUAL_GLOBALS = {
  setTimeout: virtualTimeout,
  clearTimeout: clear,
  setInterval: (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    new TimerHandle(running!, args.length === 0 ? run : () => run(...args), ms, Math.max(1, ms)),
  clearInterval: clear,
  setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) => virtualTimeout(run, 0, ...args),
  clearImmediate: clear,
  Date: VirtualDate,
};

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function uuid(random: () => number): `${string}-${string}-${string}-${string}-${string}` {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
