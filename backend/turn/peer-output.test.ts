import { createEvent, LlmAgent, type Event } from '@google/adk';
import { expect, test } from 'bun:test';
import type { SessionStore } from '../sessions/session-store.ts';
import { MessageWrite } from './message-write.ts';
import { OpenAnswers } from './open-answers.ts';
import { PeerOutput } from './peer-output.ts';
import { TurnEvents } from './turn-events.ts';

/** The events of a turn whose store is slow and refuses those of `a`; with what it did, in order. */
function openEvents() {
  const order: string[] = [];
  const appendEvent = async ({ event }: { event: Event }): Promise<Event> => {
    order.push(`begin ${event.author}`);
    await Bun.sleep(1);
    if (event.author === 'a') throw new Error('the store is away');
    order.push(`end ${event.author}`);
    return event;
  };
  const events = new TurnEvents({
    rootAgent: new LlmAgent({ name: 'root' }),
    session: { id: 's', appName: 'a', userId: 'u', state: {}, events: [], lastUpdateTime: 0 },
    sessions: { appendEvent } as unknown as SessionStore,
    answers: new OpenAnswers(),
    customMetadata: undefined,
    messageWrite: new MessageWrite(),
    signal: new AbortController().signal,
    emit: ({ author }) => void order.push(`show ${author}`),
  });
  return { events, order };
}

function outputOf(parts: object[], events = openEvents().events): PeerOutput {
  const message = { role: 'user', parts };
  return new PeerOutput({ invocationId: 'e-1', message, metadata: undefined, events });
}

test('parallel messages are stored one after the other, before our own next event, and a failure delays nobody', async () => {
  const { events, order } = openEvents();
  const output = outputOf([], events);
  const said = ['a', 'b', 'c'].map(async (author) => output.whole({ author }));
  const own = events.storeAndShow(createEvent({ author: 'root' }));
  const ends = await Promise.allSettled([...said, own]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  const eachInTurn = ['b', 'c', 'root'].flatMap((who) => [`begin ${who}`, `end ${who}`, `show ${who}`]);
  expect(order).toEqual(['begin a', ...eachInTurn]);
});

test("a turn's question is the person's text, without files and tool responses", () => {
  const questionOf = (parts: object[]) => outputOf(parts).question;
  expect(questionOf([{ text: ' Hi ' }, { inlineData: { data: 'AA==', mimeType: 'image/png' } }])).toBe('Hi');
  expect(questionOf([{ inlineData: { data: 'AA==', mimeType: 'image/png' } }])).toBeUndefined();
  expect(questionOf([{ text: 'yes' }, { functionResponse: { name: 'x', response: {} } }])).toBeUndefined();
});
