import type { Server } from '../../ops/servers/server.ts';
import { createSession } from '../runs/create-session.ts';
import { firestoreVariables } from '../runs/chaos.ts';
import { sendMessage, type Conversation } from '../runs/client.ts';
import { Cluster } from '../runs/cluster.ts';
import { eventsOf, sessionOf } from '../../backend/sessions/firestore/paths.ts';
import type { Wire } from './events.ts';
import { openTwoClouds, type TwoClouds } from './two-clouds.ts';

export interface TwoWritersOptions {
  conversations: number;
  killingMs: number;
  /** How often Google Cloud's process, which takes seconds to start, is killed. */
  killThereEveryMs: number;
}

export interface TwoWritersReport {
  kills: { here: number; there: number };
  turns: { here: number; there: number; refusedThere: number };
  faults: string[];
}

const NUMBERS = 40;
const COUNTED = Array.from({ length: NUMBERS }, (_, index) => index + 1).join(' ');
const SAID_HERE = `count to ${NUMBERS} every 100 ms`;
const SAID_THERE = 'count to 6 every 100 ms';

/**
 * One process of the service and one of gcp-agent on one Firestore, both killed again and again. Each conversation
 * alternates between them, and the other one is also called while a turn is running.
 */
export async function runTwoWriters(options: TwoWritersOptions): Promise<TwoWritersReport> {
  const clouds = await openTwoClouds();
  const cluster = await Cluster.start(1, {
    LORNU_LEASE_MS: '1500',
    ...firestoreVariables(clouds.firestore.host),
  });
  const report: TwoWritersReport = {
    kills: { here: 0, there: 0 },
    turns: { here: 0, there: 0, refusedThere: 0 },
    faults: [],
  };
  try {
    const there = { server: await clouds.startGcp() };
    const conversations = Array.from({ length: options.conversations }, (_, index): Conversation => ({
      baseUrl: cluster.url,
      appName: 'lornu',
      userId: 'ann',
      sessionId: `c${index}`,
    }));
    await Promise.all(conversations.map(createSession));
    const endAt = performance.now() + options.killingMs;
    const killing = [
      every(1_000, endAt, async () => {
        cluster.signal(0, 'SIGKILL');
        report.kills.here++;
      }),
      every(options.killThereEveryMs, endAt, async () => {
        process.kill(there.server.pid, 'SIGKILL');
        report.kills.there++;
        there.server = await clouds.startGcp();
      }),
    ];
    await Promise.all(conversations.map((conversation) => talk(conversation, there, endAt, report)));
    await Promise.all(killing);
    for (const conversation of conversations) report.faults.push(...(await faultsIn(clouds, conversation)));
    return report;
  } finally {
    await cluster.stop();
    await clouds.close();
  }
}

async function every(ms: number, endAt: number, work: () => Promise<void>): Promise<void> {
  while (performance.now() + ms < endAt) {
    await Bun.sleep(ms);
    await work();
  }
}

async function talk(
  conversation: Conversation,
  there: { server: Server },
  endAt: number,
  report: TwoWritersReport,
): Promise<void> {
  do {
    const whole = new Map<unknown, string>();
    let isAsked = false;
    for await (const { data } of sendMessage(conversation, SAID_HERE)) {
      const event = data as Wire;
      if (!event['partial'] && event['author'] !== 'user') whole.set(event['id'], textOf(event));
      if (isAsked) continue;
      isAsked = true;
      // If it was not refused, the turn here may have ended meanwhile; the stored events show that.
      if ((await ask(conversation, there)) === 409) report.turns.refusedThere++;
    }
    const text = [...whole.values()].join('');
    if (text !== COUNTED)
      report.faults.push(`${conversation.sessionId}: the text is ${JSON.stringify(text)}`);
    report.turns.here++;
    while ((await ask(conversation, there)) !== 200) await Bun.sleep(300);
    report.turns.there++;
  } while (performance.now() < endAt);
}

/** Runs a turn over there to its end; returns the status, or undefined if nobody answers. */
async function ask(
  { appName, userId, sessionId }: Conversation,
  { server }: { server: Server },
): Promise<number | undefined> {
  try {
    const newMessage = { role: 'user', parts: [{ text: SAID_THERE }] };
    const answer = await fetch(`${server.url}/run_sse`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ appName, userId, sessionId, streaming: true, newMessage }),
    });
    await answer.text().catch(() => '');
    return answer.status;
  } catch {
    return undefined;
  }
}

/** Checks what is stored: each event once, as many as the revision says, and the events of a turn contiguous. */
async function faultsIn({ db }: TwoClouds, conversation: Conversation): Promise<string[]> {
  const session = sessionOf(db, conversation);
  const { docs } = await eventsOf(session).orderBy('timestamp').get();
  const revision: unknown = (await session.get()).get('revision');
  const turns = docs.map((doc) => (doc.get('event_data') as Wire)['invocation_id'] as string);
  const blocks = turns.filter((turn, index) => turn !== turns[index - 1]);
  const faults: string[] = [];
  if (revision !== docs.length) faults.push(`revision ${String(revision)} of ${docs.length} events`);
  if (new Set(blocks).size !== blocks.length) faults.push(`turns are interleaved: ${turns.join(' ')}`);
  return faults.map((fault) => `${conversation.sessionId}: ${fault}`);
}

const textOf = (event: Wire): string =>
  (event['content']?.parts ?? []).map((part: Wire) => part['text'] ?? '').join('');
