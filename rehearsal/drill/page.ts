import { join } from 'node:path';
import { readLines } from '@lornu/ops/process/run-command.ts';
import { PUBLIC_RESOLVER } from '../network/outside.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { FAILOVER_DOMAIN_NAME } from '../terraform/variables.ts';
import type { PageNote, PageOptions, PageTask } from './page-client.ts';

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
  const child = Bun.spawn(vpc.inside(program, 'internet'), { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
  // Not as arguments: the process list shows arguments, and the options contain a token.
  await child.stdin.write(`${JSON.stringify(options)}\n`);
  await child.stdin.flush();
  const notes: PageNote[] = [];
  const listeners = new Set<() => void>();
  const said: string[] = [];
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => undefined);
  void readLines(child.stderr, (line) => said.push(line));
  void readLines(child.stdout, (line) => {
    notes.push(JSON.parse(line) as PageNote);
    for (const listener of listeners) listener();
  });
  void child.exited.then(() => end.reject(new Error(`the page ended: ${said.slice(-5).join(' ')}`)));
  const close = (): void => child.kill('SIGKILL');
  signal.addEventListener('abort', close, { once: true });

  const until = async (
    fits: (note: PageNote) => boolean,
    what: string,
    withinMs: number,
  ): Promise<PageNote> => {
    const found = Promise.withResolvers<PageNote>();
    const look = (): void => {
      const note = notes.find(fits);
      if (note) found.resolve(note);
    };
    listeners.add(look);
    look();
    const late = setTimeout(
      () => found.reject(new Error(`${what}: not within ${withinMs / 1000} s`)),
      withinMs,
    );
    try {
      return await Promise.race([found.promise, end.promise, served.failed]);
    } finally {
      clearTimeout(late);
      listeners.delete(look);
    }
  };
  return {
    notes,
    until,
    ask: async (task) => {
      await child.stdin.write(`${JSON.stringify(task)}\n`);
      await child.stdin.flush();
      const note = await until(
        (one) => one.kind === 'answer' && one.id === task.id,
        `the answer to "${task.text}"`,
        task.patienceMs + 60_000,
      );
      const { conversation, expected } = task;
      return { ...(note as Extract<PageNote, { kind: 'answer' }>), conversation, expected };
    },
    close,
  };
}
