import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

/** The state of a listening socket in /proc/net/tcp. */
const LISTENS = '0A';

/** A preload script for a service under test: on SIGUSR2 it writes its resource counts into the file RESOURCES_FILE. */

/** The resources of a process; memory in bytes, after a garbage collection. */
export interface Resources {
  rss: number;
  heap: number;
  /** Open file descriptors that are not sockets. */
  descriptors: number;
  /** Connections that others have opened, and the listening socket. */
  incoming: number;
  /** Connections to the model and to Firestore. The client keeps them open for its next calls. */
  outgoing: number;
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
  const sockets = open.filter((target) => target.startsWith('socket:'));
  const descriptors = open.length - sockets.length;
  const incoming = countIncoming(sockets);
  const outgoing = sockets.length - incoming;
  const held: Resources = { rss, heap: heapUsed, descriptors, incoming, outgoing, timers: timers.size };
  writeFileSync(process.env['RESOURCES_FILE'] ?? '', JSON.stringify(held));
});

/** The number of these sockets on a port on which this process listens. */
function countIncoming(sockets: readonly string[]): number {
  // The columns: number, local address with its port, remote address, state, six others, and the inode of /proc/self/fd.
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'));
  const own = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => sockets.includes(`socket:[${columns[9]}]`))
    .map(([, local = '', , state]) => ({ port: local.split(':')[1], isListening: state === LISTENS }));
  const listening = new Set(own.filter(({ isListening }) => isListening).map(({ port }) => port));
  return own.filter(({ port }) => listening.has(port)).length;
}

/** The target of a descriptor; empty for the descriptor that read the folder. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}
