import { readFile } from 'node:fs/promises';

const LOOK_MS = 500;
const PAGE_BYTES = 4096;

/** The reason of a container that exceeded its memory limit; with its usage, if known. */
export function outOfMemory(limitMb: number, usedMb?: number): string {
  const told = usedMb === undefined ? `limit ${limitMb} MB` : `${Math.round(usedMb)} of ${limitMb} MB`;
  return `OutOfMemoryError: Container killed due to memory usage (${told})`;
}

/**
 * Checks a process's resident memory twice a second, and calls back when it exceeds the limit; the returned function
 * ends that.
 */
export function watchMemory(pid: number, limitMb: number, onOver: (usedMb: number) => void): () => void {
  const timer = setInterval(() => {
    void residentMb(pid).then((usedMb) => {
      if (usedMb > limitMb) onOver(usedMb);
    });
  }, LOOK_MS);
  return () => clearInterval(timer);
}

async function residentMb(pid: number): Promise<number> {
  const [, pages = '0'] = (await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')).split(' ');
  return (Number(pages) * PAGE_BYTES) / 2 ** 20;
}
