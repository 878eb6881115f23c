import { createEvent, type Event } from '@google/adk';
import { beforeEach, expect, test } from 'bun:test';
import { EventCache } from './event-cache.ts';

let cache: EventCache<string>;
beforeEach(() => {
  // As objects one session of 100 bytes, in all three.
  cache = new EventCache({ maxBytes: 300, maxObjectBytes: 100 });
});

const eventOf = (text: string): Event =>
  createEvent({ id: text, author: 'user', content: { role: 'user', parts: [{ text }] } });
const addTo = (session: string, ...texts: string[]): Event[] => {
  const events = texts.map(eventOf);
  cache.extend(session, 1, events, 100);
  return events;
};

test('the session used last keeps its events as objects, the others as text that reads the same', () => {
  const first = addTo('a', 'a1', 'a2');
  expect(cache.get('a')?.events[0]).toBe(first[0]);
  const second = addTo('b', 'b1');
  expect(cache.get('b')?.events[0]).toBe(second[0]);
  const read = cache.get('a')!;
  expect(read).toMatchObject({ lastSeq: 2, bytes: 100 });
  expect(read.events[0]).not.toBe(first[0]);
  expect(JSON.stringify(read.events)).toBe(JSON.stringify(first));
  expect(cache.get('a')?.events).toBe(read.events);
});

test('a session that was not used for the longest time is dropped, whether its events are text or objects', () => {
  for (const session of ['a', 'b', 'c']) addTo(session, session);
  cache.get('a');
  addTo('d', 'd');
  expect(['a', 'b', 'c', 'd'].map((session) => cache.bytesOf(session))).toEqual([100, 0, 100, 100]);
});

test('events are added to a session that is kept as text, unless there is a gap', () => {
  addTo('a', 'a1');
  addTo('b', 'b1');
  cache.extend('a', 3, [eventOf('a3')], 50);
  cache.extend('a', 2, [eventOf('a2')], 50);
  expect(cache.get('a')).toMatchObject({ lastSeq: 2, bytes: 150, events: [{ id: 'a1' }, { id: 'a2' }] });
});

test('a long session stays an object while it is used, but never takes more than all the room', () => {
  addTo('a', 'a1');
  const long = eventOf('long');
  cache.extend('long', 1, [long], 250);
  expect(cache.get('long')?.events[0]).toBe(long);
  expect(cache.bytesOf('a')).toBe(0);
  cache.extend('long', 2, [eventOf('longer')], 51);
  expect(cache.get('long')).toBeUndefined();
});

test('a deleted session gives its room back, whether its events are text or objects', () => {
  for (const session of ['text', 'object']) addTo(session, session);
  for (const session of ['text', 'object']) cache.delete(session);
  for (const session of ['a', 'b', 'c']) addTo(session, session);
  expect(['a', 'b', 'c'].map((session) => cache.get(session)?.lastSeq)).toEqual([1, 1, 1]);
});
