import type { Runtime } from './images.ts';

type Work<T> = (runtime: Runtime, onLine: (line: string) => void) => Promise<T>;

/** Runs the work once per runtime; a failure is retried on the next call. */
export function oncePerRuntime<T>(work: Work<T>): Work<T> {
  const done = new Map<Runtime, Promise<T>>();
  return async (runtime, onLine) => {
    const known = done.get(runtime);
    if (known) return known;
    const doing = work(runtime, onLine);
    done.set(runtime, doing);
    doing.catch(() => done.delete(runtime));
    return doing;
  };
}
