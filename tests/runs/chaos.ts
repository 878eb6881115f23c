import { sendMessage, type Conversation, type ReceivedFrame } from './client.ts';
import { createSession } from './create-session.ts';
import type { FirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { Cluster } from './cluster.ts';
import { findFaults } from './conversation-check.ts';

export interface ChaosOptions {
  conversations: number;
  killingMs: number;
  /** Each turn counts to this number, one number each 150 ms. */
  numbers: number;
  /** The same seed kills the same processes. */
  seed: number;
  /** On a Firestore stand-in instead of a file; which the caller can inspect. */
  firestore?: FirestoreStandin;
}

export interface ChaosReport {
  kills: number;
  /** How often a client's connection was lost or refused. */
  troubles: number;
  faults: string[];
}

const EVERY_MS = 150;

/** Two processes on one store behind a proxy, conversations streaming, one process killed each second. */
export async function runChaos({
  conversations,
  killingMs,
  numbers,
  seed,
  firestore,
}: ChaosOptions): Promise<ChaosReport> {
  // Short leases: more takeovers in the same time.
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
    let troubles = 0;
    const onTrouble = (): void => void troubles++;
    const talks = all.map(async (conversation) => {
      const frames: ReceivedFrame[] = [];
      const text = `count to ${numbers} every ${EVERY_MS} ms`;
      for await (const frame of sendMessage(conversation, text, { onTrouble })) frames.push(frame);
      return frames;
    });
    const pick = random(seed);
    let kills = 0;
    for (const endAt = performance.now() + killingMs; performance.now() < endAt; kills++) {
      await Bun.sleep(1_000);
      cluster.signal(Math.floor(pick() * cluster.size), 'SIGKILL');
    }
    const received = await Promise.all(talks);
    const text = Array.from({ length: numbers }, (_, index) => index + 1).join(' ');
    const faults: string[] = [];
    for (const [index, conversation] of all.entries())
      faults.push(...(await findFaults(conversation, received[index] ?? [], text, firestore !== undefined)));
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

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(state: number): () => number {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
