import { readdirSync, readFileSync } from 'node:fs';

/**
 * Milliseconds that a thread was ready to run and had no processor, the second figure of a schedstat file in
 * https://docs.kernel.org/scheduler/sched-stats.html; undefined where the kernel does not count them.
 */
function runDelayMs(thread: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return undefined;
  }
}

function nameOf(thread: string): string {
  try {
    return readFileSync(`/proc/${thread}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Gives freed memory back to the kernel from time to time; nobody waits for it. */
const SCAVENGER = 'mi-scavenger';

/** Of the calling thread and of all threads of a process. */
function delaysOf(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`)
    .map((id) => `${pid}/task/${id}`)
    .filter((thread) => nameOf(thread) !== SCAVENGER);
  return new Map([...threads, 'thread-self'].map((thread) => [thread, runDelayMs(thread) ?? 0]));
}

/**
 * Begins to measure the part of a wait for a server that the machine's load explains; the result returns it, in
 * milliseconds. The calling thread and the server's main thread waited for a processor, and the main thread for helpers
 * (garbage collector, HTTP client), of which the most delayed one counts. Undefined if the server is not a process of
 * this machine, or if its kernel does not count delays.
 */
export function startRunDelay(pid: number | undefined): (() => number) | undefined {
  if (pid === undefined || runDelayMs(`${pid}/task/${pid}`) === undefined) return undefined;
  const before = delaysOf(pid);
  return () => {
    const since = new Map([...delaysOf(pid)].map(([thread, ms]) => [thread, ms - (before.get(thread) ?? 0)]));
    const ofAll = ['thread-self', `${pid}/task/${pid}`].map((thread) => {
      const ms = since.get(thread) ?? 0;
      since.delete(thread);
      return ms;
    });
    return Math.max(0, ...since.values()) + ofAll.reduce((sum, ms) => sum + ms, 0);
  };
}
