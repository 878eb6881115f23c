import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firestoreVariables } from '../runs/chaos.ts';
import { listRuns, sendMessage, type Conversation } from '../runs/client.ts';
import { Cluster } from '../runs/cluster.ts';
import { createSession } from '../runs/create-session.ts';
import type { Resources } from '../runs/report-resources.ts';
import { patiently } from '../support/until.ts';

/** Set LORNU_MANY_TURNS for a shorter run. */
const TURNS = Number(process.env['LORNU_MANY_TURNS'] ?? 10_000);
/** Turns before the first measurement: SQLite's first checkpoint, after some hundred turns, starts a thread with open files. */
const WARM_UP = TURNS / 5;
const TURNS_OF_A_SESSION = 10;
const AT_ONCE = 8;
/** A kill for so many turns. */
const TURNS_OF_A_KILL = 100;
/** The allowed growth of memory after four times as many turns: caches may still grow, nothing else. */
const MOST_GROWTH = 1.35;
/** Connections to the model and to Firestore that a busy moment, such as a takeover, leaves open for the next one. */
const MOST_KEPT = 64;
/** This process is measured. The other one is killed. */
const MEASURED = 0;
const KILLED = 1;

class Talks {
  readonly #cluster: Cluster;
  kills = 0;
  readonly troubles: string[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Plays this many turns in new sessions, while the other process is killed again and again. */
  async play(turns: number, name: string): Promise<void> {
    let left = turns;
    let untilKill = TURNS_OF_A_KILL;
    const one = async (): Promise<void> => {
      for (let number = left; number > 0; number = left) {
        left -= TURNS_OF_A_SESSION;
        const conversation = conversationOf(this.#cluster.url, `${name}-${number}`, `u${number % 50}`);
        await createSession({ ...conversation, baseUrl: this.#cluster.urlOf(MEASURED) });
        for (let turn = 1; turn <= TURNS_OF_A_SESSION; turn++) {
          await this.#turn(conversation, turn);
          // Only a process that works has something to lose.
          if (--untilKill > 0 || !this.#cluster.isListening(KILLED)) continue;
          untilKill = TURNS_OF_A_KILL;
          this.kills++;
          this.#cluster.signal(KILLED, 'SIGKILL');
        }
        // Otherwise the cache of conversations would fill up, and hide what else grows. The last one is looked at.
        if (number > TURNS_OF_A_SESSION)
          await deleteSession({ ...conversation, baseUrl: this.#cluster.urlOf(MEASURED) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  async #turn(conversation: Conversation, turn: number): Promise<void> {
    const onTrouble = (why: string): void => void this.troubles.push(why);
    const frames = await Array.fromAsync(sendMessage(conversation, 'count to 3', { onTrouble }));
    // A turn whose process was killed in the middle of the answer has it in two events: its beginning, and the rest.
    const said = frames.flatMap(({ data }) => (data['partial'] ? [] : textsOf(data))).join('');
    if (said !== '1 2 3')
      throw new Error(`${conversation.sessionId}, turn ${turn}: "${said}" in ${JSON.stringify(frames)}`);
  }
}

const textsOf = ({ content }: { content?: { parts?: { text?: string }[] } }): string[] =>
  (content?.parts ?? []).flatMap(({ text }) => text ?? []);

async function deleteSession({ baseUrl, appName, userId, sessionId }: Conversation): Promise<void> {
  const url = `${baseUrl}/apps/${appName}/users/${userId}/sessions/${sessionId}`;
  const response = await fetch(url, { method: 'DELETE' });
  if (!response.ok) throw new Error(`delete: ${response.status}`);
}

const conversationOf = (baseUrl: string, sessionId: string, userId: string): Conversation => ({
  baseUrl,
  appName: 'lornu',
  userId,
  sessionId,
});

/** A store for the test: the variables of a service on it, and the leases that it holds, heartbeats included. */
interface Store {
  variables: Record<string, string>;
  leases: () => Promise<string[]>;
  stop: () => void;
}

async function storeOn(kind: string, folder: string): Promise<Store> {
  if (kind === 'SQLite') {
    const leases = async (): Promise<string[]> => {
      const database = new Database(join(folder, 'sessions.sqlite'), { readonly: true });
      const rows = database.query<{ session_row: number }, []>('SELECT session_row FROM leases').all();
      database.close();
      return rows.map((row) => `session ${row.session_row}`);
    };
    return { variables: {}, leases, stop: () => undefined };
  }
  const firestore = await startFirestoreStandin({ databases: ['staging'], concurrencyMode: 'OPTIMISTIC' });
  const leases = async (): Promise<string[]> =>
    (await firestore.documents.all())
      .map(({ name }) => name)
      .filter((name) => name.includes('/lornu_leases/'));
  return { variables: firestoreVariables(firestore.host), leases, stop: firestore.stop };
}

test.each(['SQLite', 'Firestore'])(
  `${TURNS} turns and the kills of a second process on %s: memory, descriptors, sockets and timers do not grow, and no lease is left`,
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'many-turns-'));
    const file = join(folder, 'resources.json');
    const store = await storeOn(kind, folder);
    const cluster = await Cluster.start(2, {
      BUN_OPTIONS: `--preload=${join(import.meta.dir, '../runs/report-resources.ts')}`,
      RESOURCES_FILE: file,
      LORNU_DATA_DIR: folder,
      ...store.variables,
    });
    const measured = async (): Promise<Resources> => {
      await Bun.sleep(5_000);
      rmSync(file, { force: true });
      cluster.signal(MEASURED, 'SIGUSR2');
      await patiently(async () => {
        if (!existsSync(file)) throw new Error('The service has not written its resource counts.');
      }, 60_000);
      return (await Bun.file(file).json()) as Resources;
    };
    try {
      const talks = new Talks(cluster);
      await talks.play(WARM_UP, 'first');
      const before = await measured();
      await talks.play(TURNS - WARM_UP, 'more');
      const after = await measured();
      const { kills, troubles } = talks;
      console.log(
        `${TURNS} turns on ${kind}: ${JSON.stringify({ kills, troubles, before, after, leases: await store.leases() })}`,
      );
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 2);
      expect(after.incoming).toBeLessThanOrEqual(before.incoming + 2 * AT_ONCE);
      expect(after.outgoing).toBeLessThanOrEqual(before.outgoing + MOST_KEPT);
      expect(after.timers).toBeLessThanOrEqual(before.timers + 2);
      expect(after.heap / before.heap).toBeLessThan(MOST_GROWTH);
      expect(after.rss / before.rss).toBeLessThan(MOST_GROWTH);
      expect(await store.leases()).toEqual([]);
      const last = conversationOf(cluster.urlOf(MEASURED), 'more-10', 'u10');
      expect((await listRuns(last)).map(({ state }) => state)).toEqual(
        Array.from({ length: TURNS_OF_A_SESSION }, () => 'completed'),
      );
      // Without them the test would prove less.
      expect(kills).toBeGreaterThan(TURNS / TURNS_OF_A_KILL / 4);
    } finally {
      await cluster.stop();
      store.stop();
      rmSync(folder, { recursive: true });
    }
  },
  3_600_000,
);
