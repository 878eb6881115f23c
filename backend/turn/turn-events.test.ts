import { createEvent, LlmAgent, type Event, type Session } from '@google/adk';
import { expect, test } from 'bun:test';
import { MODEL } from '@lornu/agents/model.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { MessageWrite } from './message-write.ts';
import { OpenAnswers } from './open-answers.ts';
import { TurnEvents } from './turn-events.ts';

test('after a turn was stopped its message is still stored, and nothing else: the turn is being closed', async () => {
  const stored: (string | undefined)[] = [];
  const shown: Event[] = [];
  const stopping = new AbortController();
  const sessions = {
    appendEvent: async ({ event }: { event: Event }) => {
      await Bun.sleep(1);
      stored.push(event.author);
      stopping.abort();
    },
  } as unknown as SessionStore;
  const events = new TurnEvents({
    rootAgent: new LlmAgent({ name: 'a', model: MODEL }),
    session: { events: [] as Event[], state: {} } as Session,
    sessions,
    answers: new OpenAnswers(),
    customMetadata: undefined,
    messageWrite: new MessageWrite(),
    signal: stopping.signal,
    emit: (event) => shown.push(event),
  });
  const event = (author: string) => createEvent({ invocationId: 'e-1', author, content: { parts: [] } });
  const peer = [events.storePeerMessage(event('peer')), events.storePeerMessage(event('other'))];
  expect((await Promise.allSettled(peer)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await events.storeAndShow(event('a')).catch(String)).toContain('stopped');
  await events.store(event('user'));
  expect(stored).toEqual(['peer', 'user']);
  expect(shown.map(({ author }) => author)).toEqual(['peer']);
});
