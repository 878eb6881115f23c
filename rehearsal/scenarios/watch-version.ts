import { ask, type Target } from '@lornu/ops/verify/target.ts';

const EVERY_MS = 100;
const ANSWER_MS = 5_000;

/** The responses of /version from outside, in order. */
export interface VersionWatch {
  looks: number;
  /** How often each revision was returned. */
  revisions: Record<string, number>;
  /** Failed requests, with their reasons. */
  failures: string[];
}

/** Requests the version through the load balancer, several times a second, until it is stopped. */
export function watchVersion(target: Target): { seen: VersionWatch; stop: () => Promise<void> } {
  const seen: VersionWatch = { looks: 0, revisions: {}, failures: [] };
  const stopping = new AbortController();
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      const revision = await look(target).catch((error: Error) => error);
      if (stopping.signal.aborted || target.signal.aborted) break;
      seen.looks += 1;
      if (revision instanceof Error) seen.failures.push(revision.message);
      else seen.revisions[revision] = (seen.revisions[revision] ?? 0) + 1;
      await Bun.sleep(EVERY_MS);
    }
  })();
  return {
    seen,
    stop: async () => {
      stopping.abort();
      await looking;
    },
  };
}

async function look(target: Target): Promise<string> {
  const response = await ask(target, '/version', { withinMs: ANSWER_MS });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  return ((await response.json()) as { revision?: string }).revision ?? 'none';
}

/** "120 looks: 0000001 80 times, 0000002 40 times". */
export function describeWatch({ looks, revisions, failures }: VersionWatch): string {
  const named = Object.entries(revisions).map(([revision, count]) => `${revision} ${count} times`);
  const failed = failures.length > 0 ? [`no answer ${failures.length} times (${failures[0]})`] : [];
  return `${looks} looks at /version: ${[...named, ...failed].join(', ')}`;
}
