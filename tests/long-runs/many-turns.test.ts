import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listRuns, sendMessage, type Conversation } from '../runs/client.ts';
import { Cluster } from '../runs/cluster.ts';
import { createSession } from '../runs/create-session.ts';
import type { Resources } from '../runs/report-resources.ts';
import { patiently } from '../support/until.ts';

/** Set LORNU_MANY_TURNS=10000 for a longer run. */
const TURNS = Number(process.env['LORNU_MANY_TURNS'] ?? 2_500);
/** Turns before the first measurement: SQLite's first checkpoint, after some hundred turns, starts a thread with open files. */
const WARM_UP = TURNS / 5;
const TURNS_OF_A_SESSION = 10;
const AT_ONCE = 8;
/** The allowed growth of memory after four times as many turns: caches may still grow, nothing else. */
const MOST_GROWTH = 1.35;

/** Plays this many turns in new sessions. */
async function talk(baseUrl: string, turns: number, name: string): Promise<void> {
  const sessions = Array.from({ length: turns / TURNS_OF_A_SESSION }, (_, index) => `${name}-${index}`);
  const one = async (): Promise<void> => {
    for (let sessionId = sessions.pop(); sessionId !== undefined; sessionId = sessions.pop()) {
      const conversation: Conversation = {
        baseUrl,
        appName: 'lornu',
        userId: `u${sessions.length % 50}`,
        sessionId,
      };
      await createSession(conversation);
      for (let turn = 1; turn <= TURNS_OF_A_SESSION; turn++) {
        const frames = await Array.fromAsync(sendMessage(conversation, 'count to 3'));
        if (!JSON.stringify(frames.at(-1)).includes('1 2 3'))
          throw new Error(`${sessionId}, turn ${turn}: ${JSON.stringify(frames.at(-1))}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function leasesIn(data: string): number {
  const database = new Database(join(data, 'sessions.sqlite'), { readonly: true });
  const { count } = database.query('SELECT count(*) AS count FROM leases').get() as { count: number };
  database.close();
  return count;
}

test(`${TURNS} turns on SQLite: memory, descriptors and timers do not grow, and no lease is left`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'many-turns-'));
  const file = join(folder, 'resources.json');
  const cluster = await Cluster.start(1, {
    BUN_OPTIONS: `--preload=${join(import.meta.dir, '../runs/report-resources.ts')}`,
    RESOURCES_FILE: file,
    LORNU_DATA_DIR: folder,
  });
  const measured = async (): Promise<Resources> => {
    await Bun.sleep(5_000);
    rmSync(file, { force: true });
    cluster.signal(0, 'SIGUSR2');
    await patiently(async () => {
      if (!existsSync(file)) throw new Error('The service has not written its resource counts.');
    });
    return (await Bun.file(file).json()) as Resources;
  };
  try {
    await talk(cluster.urlOf(0), WARM_UP, 'first');
    const before = await measured();
    await talk(cluster.urlOf(0), TURNS - WARM_UP, 'more');
    const after = await measured();
    console.log(`${TURNS} turns: ${JSON.stringify({ before, after })}`);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 2);
    expect(after.sockets).toBeLessThanOrEqual(before.sockets + 2 * AT_ONCE);
    expect(after.timers).toBeLessThanOrEqual(before.timers + 2);
    expect(after.heap / before.heap).toBeLessThan(MOST_GROWTH);
    expect(after.rss / before.rss).toBeLessThan(MOST_GROWTH);
    expect(leasesIn(folder)).toBe(0);
    const last = { baseUrl: cluster.urlOf(0), appName: 'lornu', userId: 'u0', sessionId: 'more-0' };
    const states = new Set((await listRuns(last)).map(({ state }) => state));
    expect([...states]).toEqual(['completed']);
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true });
  }
}, 1_800_000);
