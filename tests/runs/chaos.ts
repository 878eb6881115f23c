import { sendMessage, type Conversation, type ReceivedFrame } from './client.ts';
import { createSession } from './create-session.ts';
import type { FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { Cluster } from './cluster.ts';
import { shuffled } from '@lornu/ops/base/seeded.ts';
import { findFaults } from './conversation-check.ts';

export interface ChaosOptions {
  conversations: number;
  killingMs: number;
  /** Each turn counts to this number, one number every 150 ms. */
  numbers: number;
  /** The same seed kills the same processes. */
  seed: number;
  /** Uses this Firestore stand-in instead of a file. */
  firestore?: FirestoreStandin;
}

export interface ChaosReport {
  kills: number;
  /** How often a client's connection was lost or refused. */
  troubles: number;
  faults: string[];
}

const EVERY_MS = 150;

/** Two processes on one store behind a proxy, conversations streaming, one process killed each second, at random. */
export async function runChaos({
  conversations,
  killingMs,
  numbers,
  seed,
  firestore,
}: ChaosOptions): Promise<ChaosReport> {
  // Short leases give more takeovers in the same time.
  const cluster = await Cluster.start(2, {
    LORNU_LEASE_MS: '1500',
    ...(firestore ? firestoreVariables(firestore.host) : {}),
  });
  try {
    const all = Array.from({ length: conversations }, (_, index): Conversation => ({
      baseUrl: cluster.url,
      appName: 'lornu',
      userId: `u${index % 7}`,
      sessionId: `s${index}`,
    }));
    await Promise.all(all.map(createSession));
    const text = `count to ${numbers} every ${EVERY_MS} ms`;
    let troubles = 0;
    const onTrouble = (): void => void troubles++;
    const talks = all.map(async (conversation) => {
      const frames: ReceivedFrame[] = [];
      for await (const frame of sendMessage(conversation, text, { onTrouble })) frames.push(frame);
      return frames;
    });
    const processes = Array.from({ length: cluster.size }, (_, index) => index);
    let kills = 0;
    for (const endAt = performance.now() + killingMs; performance.now() < endAt; kills++) {
      await Bun.sleep(1_000);
      // Each round kills every process, in an order of its own. By chance alone, some seeds kill the same one eight times.
      const round = Math.floor(kills / cluster.size);
      cluster.signal(shuffled(processes, seed + round)[kills % cluster.size]!, 'SIGKILL');
    }
    const received = await Promise.all(talks);
    const expected = Array.from({ length: numbers }, (_, index) => index + 1).join(' ');
    const asked = { text, expected };
    const faults: string[] = [];
    for (const [index, conversation] of all.entries())
      faults.push(...(await findFaults(conversation, received[index] ?? [], asked)));
    return { kills, troubles, faults };
  } finally {
    await cluster.stop();
  }
}

/** A service on the Firestore stand-in at `host`. */
export function firestoreVariables(host: string): Record<string, string> {
  return {
    LORNU_SESSION_STORE: 'firestore',
    FIRESTORE_EMULATOR_HOST: host,
    FIRESTORE_DATABASE: 'staging',
    GOOGLE_CLOUD_PROJECT: 'lornu',
  };
}
