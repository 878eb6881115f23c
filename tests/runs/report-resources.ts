import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';

/** A preload script for a service under test: on SIGUSR2 it writes its resource counts into the file RESOURCES_FILE. */

/** The resources of a process; memory in bytes, after a garbage collection. */
export interface Resources {
  rss: number;
  heap: number;
  /** Open file descriptors that are not sockets. */
  descriptors: number;
  /** Open sockets. Clients keep some connections open for their next request. */
  sockets: number;
  /** Timers that were set, and have neither fired nor been cleared. */
  timers: number;
}

const timers = new Set<unknown>();
const { setTimeout: later, setInterval: again, clearTimeout: forgetOnce, clearInterval: forget } = globalThis;
Object.assign(globalThis, {
  setTimeout: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = later(() => {
      timers.delete(timer);
      run(...args);
    }, ms);
    timers.add(timer);
    return timer;
  },
  setInterval: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = again(run, ms, ...args);
    timers.add(timer);
    return timer;
  },
  clearTimeout: (timer?: Timer) => {
    timers.delete(timer);
    forgetOnce(timer);
  },
  clearInterval: (timer?: Timer) => {
    timers.delete(timer);
    forget(timer);
  },
});

process.on('SIGUSR2', () => {
  Bun.gc(true);
  const { rss, heapUsed } = process.memoryUsage();
  const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').map(targetOf) : [];
  const sockets = open.filter((target) => target.startsWith('socket:')).length;
  const descriptors = open.length - sockets;
  const held: Resources = { rss, heap: heapUsed, descriptors, sockets, timers: timers.size };
  writeFileSync(process.env['RESOURCES_FILE'] ?? '', JSON.stringify(held));
});

/** The target of a descriptor; empty for the descriptor that read the folder. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}
