import { expect, test } from 'bun:test';
import type { AdkEvent } from '../api/types.ts';
import { mergeFrame } from './merge-frame.ts';

const partial = (text: string, extra: Partial<AdkEvent> = {}): AdkEvent => ({
  id: 'e1',
  invocationId: 'i1',
  author: 'lornu',
  partial: true,
  content: { role: 'model', parts: [{ text }] },
  ...extra,
});
const merge = (...frames: AdkEvent[]): AdkEvent[] =>
  frames.reduce<AdkEvent[]>((events, frame) => mergeFrame(events, frame), []);

test('partials grow one entry, and the complete event replaces it', () => {
  const growing = merge(partial('Hel'), partial('lo'));
  expect(growing).toHaveLength(1);
  expect(growing[0]?.content?.parts).toEqual([{ text: 'Hello' }]);
  expect(mergeFrame(growing, partial('Hello', { partial: false }))).toEqual([
    partial('Hello', { partial: false }),
  ]);
});

test('partials with different ids still grow one entry', () => {
  expect(merge(partial('a', { id: 'x' }), partial('b', { id: 'y' }))[0]?.content?.parts).toEqual([
    { text: 'ab' },
  ]);
});

test('a thought and an answer stay separate', () => {
  const events = merge(partial('', { content: { parts: [{ text: 'hm', thought: true }] } }), partial('Yes'));
  expect(events[0]?.content?.parts).toEqual([{ text: 'hm', thought: true }, { text: 'Yes' }]);
});

test('agents that answer at the same time do not mix', () => {
  const other: Partial<AdkEvent> = { id: 'e2', author: 'checker', branch: 'b' };
  const events = merge(partial('one '), partial('uno ', other), partial('two'), partial('dos', other));
  expect(events.map((event) => event.content?.parts?.[0]?.text)).toEqual(['one two', 'uno dos']);
});

test('a replayed event changes nothing', () => {
  const whole = partial('Hello', { partial: false });
  expect(merge(whole, whole)).toEqual([whole]);
});

test('a partial replayed after its complete event does not reopen it', () => {
  const whole = partial('Hello', { partial: false });
  expect(merge(whole, partial('Hel'))).toEqual([whole]);
});

test('content and artifacts of one event, sent as two frames, are both kept', () => {
  const content = partial('Saved', { partial: false });
  const { content: _, ...artifact } = partial('', {
    partial: false,
    actions: { artifactDelta: { 'a.svg': 0 } },
  });
  const [event] = merge(content, artifact);
  expect(event?.content?.parts).toEqual([{ text: 'Saved' }]);
  expect(event?.actions?.artifactDelta).toEqual({ 'a.svg': 0 });
});
