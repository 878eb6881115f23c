import { check } from '../simulation/check/check.ts';
import type { Entry, Seen } from '../simulation/check/history.ts';
import { attach, listRuns, readStream, type Conversation, type ReceivedFrame } from './client.ts';
import { patiently } from '../support/until.ts';

/** What the Gemini stand-in says when it is asked to go on from an answer that is complete. */
const NOTHING_MORE = 'There is nothing more to say about that.';

/** A message, and what its answer has to say. */
export interface Asked {
  text: string;
  expected: string;
}

/**
 * What is wrong with the only turn of a conversation, which a client has listened to until its end was told: the promises
 * of docs/guarantees.md that it breaks.
 */
export async function findFaults(
  conversation: Conversation,
  received: readonly ReceivedFrame[],
  asked: Asked,
): Promise<string[]> {
  const { sessionId: session } = conversation;
  const [message, run, reader] = ['m1', received[0]?.runId ?? '', 'r1'];
  const runs = await patiently(() => listRuns(conversation));
  const state = runs[0]?.state ?? '';
  const history: Seen[] = [
    { is: 'begins' },
    { is: 'sent', message, session, orWith: NOTHING_MORE, ...asked },
    { is: 'accepted', message, run },
    ...received.map(({ id, data }): Seen => ({
      is: 'shown',
      reader,
      session,
      run,
      id,
      data: JSON.stringify(data),
    })),
    { is: 'ended', reader, run, state },
    ...runs.map((one): Seen => ({ is: 'run', session, run: one.id, state: one.state, startedMs: 0 })),
    { is: 'replayed', session, run, frames: await patiently(() => replay(conversation, run)) },
    { is: 'stored', session, events: await patiently(() => storedEvents(conversation)) },
  ];
  const breaches = check(history.map((seen): Entry => ({ at: 0, ...seen })));
  return [
    ...breaches.map(({ guarantee, what }) => `${session}: guarantee ${guarantee}: ${what}`),
    ...(runs.length === 1 && state === 'completed' ? [] : [`${session}: runs: ${JSON.stringify(runs)}`]),
  ];
}

async function replay(conversation: Conversation, runId: string): Promise<{ id: string; data: string }[]> {
  const frames: { id: string; data: string }[] = [];
  for await (const { id, data } of readStream(await attach(conversation, runId)))
    frames.push({ id, data: JSON.stringify(data) });
  return frames;
}

async function storedEvents({ baseUrl, appName, userId, sessionId }: Conversation): Promise<string[]> {
  const response = await fetch(`${baseUrl}/apps/${appName}/users/${userId}/sessions/${sessionId}`);
  const session = (await response.json()) as { events: unknown[] };
  return session.events.map((event) => JSON.stringify(event));
}
