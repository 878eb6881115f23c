import { readFile } from 'node:fs/promises';

const LOOK_MS = 500;
const PAGE_BYTES = 4096;

/** Why a container ended that took more memory than it may; what it used is said where it was seen. */
export function outOfMemory(limitMb: number, usedMb?: number): string {
  const told = usedMb === undefined ? `limit ${limitMb} MB` : `${Math.round(usedMb)} of ${limitMb} MB`;
  return `OutOfMemoryError: Container killed due to memory usage (${told})`;
}

/** Looks twice a second at what a process has resident, and calls back when it is more than the limit; the answer ends it. */
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
