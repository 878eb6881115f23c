import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { expect, test } from 'bun:test';
import { bundleBefore } from '../runs/bundle.ts';
import {
  attach,
  listRuns,
  readStream,
  sendMessage,
  type Conversation,
  type ReceivedFrame,
} from '../runs/client.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { Cluster } from '../runs/cluster.ts';
import { findFaults } from '../runs/conversation-check.ts';
import { createSession } from '../runs/create-session.ts';

const NUMBERS = 120;
const EVERY_MS = 150;
const TEXT = `count to ${NUMBERS} every ${EVERY_MS} ms`;
const EXPECTED = Array.from({ length: NUMBERS }, (_, index) => index + 1).join(' ');
const CONVERSATIONS = 16;
/** Fourteen processes start during the test, which takes long on a busy machine. */
const PATIENCE_MS = 300_000;

async function listen(
  conversation: Conversation,
  text: string,
  onTrouble: () => void = () => {},
): Promise<ReceivedFrame[]> {
  return Array.fromAsync(sendMessage(conversation, text, { onTrouble, patienceMs: PATIENCE_MS }));
}

/**
 * For Firestore: the first version that stores frames before it shows them there. Each version before it may lose words
 * that it has shown when it is killed or loses its lease.
 */
const FIRST_THAT_STORES_FIRST = 'f927f14ca28e2f60f13ae0f6917fb1933f4fe066';

test('the previous and the current version replace each other during turns on SQLite: each turn ends once, nothing is lost', async () => {
  await replaceEachOther(await bundleBefore());
}, 1_800_000);

test('an earlier version and the current one replace each other during turns on Firestore too', async () => {
  const before = await bundleBefore(FIRST_THAT_STORES_FIRST);
  const firestore = await startFirestoreStandin({ databases: ['staging'], concurrencyMode: 'OPTIMISTIC' });
  await replaceEachOther(before, firestoreVariables(firestore.host)).finally(() => firestore.stop());
}, 1_800_000);

async function replaceEachOther(before: string, environment: Record<string, string> = {}): Promise<void> {
  const cluster = await Cluster.start(2, {
    LORNU_LEASE_MS: '1500',
    LORNU_DRAIN_MS: '300',
    ...environment,
  });
  try {
    const both = [0, 1];
    const deploy = async (service?: string): Promise<void> => {
      for (const index of both) await cluster.deploy(index, service);
    };
    await deploy(before);
    const all = Array.from({ length: CONVERSATIONS }, (_, index): Conversation => ({
      baseUrl: cluster.url,
      appName: 'lornu',
      userId: `u${index % 3}`,
      sessionId: `s${index}`,
    }));
    await Promise.all(all.map(createSession));
    let troubles = 0;
    const talks = all.map((conversation) => listen(conversation, TEXT, () => void troubles++));
    await Bun.sleep(1_500);
    // One process of each version. They take over each other's turns, after a hand-over and after a kill.
    await cluster.deploy(0);
    cluster.signal(1, 'SIGKILL');
    await Bun.sleep(2_500);
    cluster.signal(0, 'SIGKILL');
    await Bun.sleep(2_500);
    await deploy();
    await deploy(before);
    await deploy();
    const received = await Promise.all(talks);
    const asked = { text: TEXT, expected: EXPECTED };
    for (const [index, conversation] of all.entries())
      expect(await findFaults(conversation, received[index] ?? [], asked)).toEqual([]);
    // Without disturbances the test would prove nothing.
    expect(troubles).toBeGreaterThan(2 * CONVERSATIONS);

    // A conversation continues in the other version, which can also read its runs from a frame's id.
    const [conversation] = all;
    if (!conversation) throw new Error('There is no conversation.');
    for (const service of [before, undefined]) {
      await deploy(service);
      const said = await listen(conversation, 'count to 3');
      expect(JSON.stringify(said.at(-1))).toContain('1 2 3');
      const [newest] = await listRuns(conversation);
      await deploy(service === undefined ? before : undefined);
      const [first, ...rest] = said;
      const again = await Array.fromAsync(readStream(await attach(conversation, newest?.id ?? '', first)));
      expect(again.map(({ id }) => id)).toEqual(rest.map(({ id }) => id));
    }
    expect(await listRuns(conversation)).toHaveLength(3);
  } finally {
    await cluster.stop();
  }
}
