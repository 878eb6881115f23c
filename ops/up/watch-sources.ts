import { watch } from 'node:fs';
import { join } from 'node:path';

const WATCHED = ['agents', 'backend', 'frontend'];
/** Editors write a file in several steps, and one save may touch several files. */
const SETTLE_MS = 150;

export interface SourceChange {
  /** Relative to the checkout's root, such as "agents/lornu/agent.ts". */
  files: string[];
}

/** Calls back with the changed source files once they have settled, until the signal is aborted. */
export function watchSources(
  root: string,
  signal: AbortSignal,
  onChange: (change: SourceChange) => void,
): void {
  const changed = new Set<string>();
  let timer: Timer | undefined;
  for (const folder of WATCHED) {
    watch(join(root, folder), { recursive: true, signal }, (_event, name) => {
      const file = `${folder}/${name ?? ''}`;
      if (/(^|\/)(node_modules|dist|\.[^/]*)(\/|$)|\.test\.tsx?$|~$/.test(file)) return;
      changed.add(file);
      clearTimeout(timer);
      timer = setTimeout(() => {
        const files = [...changed].toSorted((a, b) => a.localeCompare(b));
        changed.clear();
        onChange({ files });
      }, SETTLE_MS);
    });
  }
}
