import { join } from 'node:path';
import { PUBLIC_RESOLVER } from '../network/outside.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { FAILOVER_DOMAIN_NAME } from '../terraform/variables.ts';
import type { PageNote, PageOptions, PageTask } from './page-client.ts';
import { startClient } from './start-client.ts';

/** The observed answer to a message, and the expected one. */
export type Answer = Extract<PageNote, { kind: 'answer' }> & Pick<PageTask, 'conversation' | 'expected'>;

/** A page that is open on the internet, with its observations. */
export interface OpenPage {
  /** Sends a message. Resolves when the answer is complete or the page has given up. */
  ask: (task: PageTask) => Promise<Answer>;
  notes: readonly PageNote[];
  /** Waits for the first matching note after `sinceMs`. Rejects after `withinMs`. */
  until: (fits: (note: PageNote) => boolean, what: string, withinMs: number) => Promise<PageNote>;
  close: () => void;
}

/** Opens the page in the network of the served rehearsal. */
export async function openPage(served: ServedRehearsal, signal: AbortSignal): Promise<OpenPage> {
  const { vpc } = served;
  if (!vpc) throw new Error('opening a page needs the applied network');
  const options: PageOptions = {
    caFile: served.caFile,
    resolver: PUBLIC_RESOLVER,
    token: await served.token(),
    appName: 'lornu',
    userId: 'drill',
    watchedName: FAILOVER_DOMAIN_NAME,
  };
  const program = [process.execPath, join(import.meta.dir, 'page-client.ts')];
  const { notes, send, until, kill } = await startClient<PageNote>(
    { command: vpc.inside(program, 'internet'), name: 'the page', options },
    served,
    signal,
  );
  return {
    notes,
    until,
    ask: async (task) => {
      await send(task);
      const note = await until(
        (one): one is Extract<PageNote, { kind: 'answer' }> => one.kind === 'answer' && one.id === task.id,
        `the answer to "${task.text}"`,
        task.patienceMs + 60_000,
      );
      const { conversation, expected } = task;
      return { ...note, conversation, expected };
    },
    close: kill,
  };
}
