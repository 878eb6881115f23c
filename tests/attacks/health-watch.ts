import { readdirSync, readFileSync } from 'node:fs';

declare const self: Worker;

const EVERY_MS = 10;

/**
 * Milliseconds that a thread was ready to run and had no processor, the second figure of a schedstat file in
 * https://docs.kernel.org/scheduler/sched-stats.html; 0 where the kernel does not count them.
 */
function runDelayMs(thread: string): number {
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** Of this thread and of all threads of the service. */
function delaysOf(pid: number): Map<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map((id) => `${pid}/task/${id}`);
  return new Map([...threads, 'thread-self'].map((thread) => [thread, runDelayMs(thread)]));
}

/**
 * The part of a wait that the machine's load explains: this thread and the service's main thread waited for a
 * processor, and the main thread for the garbage collector's helpers, of which the most delayed one counts.
 */
function delayMs(pid: number, before: Map<string, number>): number {
  const since = new Map([...delaysOf(pid)].map(([thread, ms]) => [thread, ms - (before.get(thread) ?? 0)]));
  const ofAll = ['thread-self', `${pid}/task/${pid}`].map((thread) => {
    const ms = since.get(thread) ?? 0;
    since.delete(thread);
    return ms;
  });
  return Math.max(0, ...since.values()) + ofAll.reduce((sum, ms) => sum + ms, 0);
}

self.addEventListener('message', ({ data }: MessageEvent<{ url: string; pid: number }>) => {
  const { url, pid } = data;
  const ask = async (): Promise<void> => {
    for (;;) {
      const began = performance.now();
      const before = delaysOf(pid);
      await fetch(`${url}/health`).catch(() => undefined);
      const took = performance.now() - began;
      const delay = delayMs(pid, before);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
      self.postMessage(Math.max(0, took - delay));
      await Bun.sleep(EVERY_MS);
    }
  };
  void ask();
});
