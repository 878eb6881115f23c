import type { ServedRehearsal } from '../serve/served.ts';
import type { Answer } from './page.ts';

interface StoredEvent {
  author?: string;
  content?: { parts?: { text?: string }[] };
}

/**
 * The stored answers to each sent message at the end of the drill. Both clouds read the same conversation. A message is
 * found by its id in the text. Its answers are the events up to the person's next message.
 */
export async function readStored(
  served: ServedRehearsal,
  answers: readonly Answer[],
): Promise<{ lost: number; doubled: number; again: number }> {
  const conversations = new Map(answers.map(({ sessionId, conversation }) => [sessionId, conversation]));
  const events = new Map<string, StoredEvent[]>();
  for (const [sessionId, conversation] of conversations) {
    const path = `/apps/lornu/users/drill-${conversation}/sessions/${sessionId}`;
    const answer = await fetch(`${served.peerUrl}${path}`);
    if (!answer.ok) throw new Error(`the conversation ${sessionId} was answered ${answer.status}`);
    events.set(sessionId, ((await answer.json()) as { events: StoredEvent[] }).events);
  }
  return { ...countStored(answers, events), again: answers.reduce((sum, { again }) => sum + again, 0) };
}

/** Counts the messages without a complete answer, and those with more than one answer. */
export function countStored(
  answers: readonly Pick<Answer, 'id' | 'sessionId' | 'fault' | 'expected'>[],
  events: ReadonlyMap<string, readonly StoredEvent[]>,
): { lost: number; doubled: number } {
  const counts = answers.map(({ id, sessionId, expected }) => {
    const turns = toTurns(events.get(sessionId) ?? []).filter(({ asked }) => asked.includes(`(${id})`));
    return turns.filter(({ answered }) => answered === expected).length;
  });
  return {
    lost: counts.filter((count) => count === 0).length,
    doubled: counts.filter((count) => count > 1).length,
  };
}

function toTurns(events: readonly StoredEvent[]): { asked: string; answered: string }[] {
  const turns: { asked: string; answered: string }[] = [];
  for (const { author, content } of events) {
    const text = (content?.parts ?? []).map((part) => part.text ?? '').join('');
    const last = turns.at(-1);
    if (author === 'user' && text !== '') turns.push({ asked: text, answered: '' });
    else if (last) last.answered = `${last.answered} ${text}`.split(/\s+/).filter(Boolean).join(' ');
  }
  return turns;
}
