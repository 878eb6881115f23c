import type { CompactedEvent, Event } from '@google/adk';
import { createEvent } from '@google/adk';
import { expect, test } from 'bun:test';
import { activeEvents, historyMarkersOf } from './history-markers.ts';

const said = (timestamp: number): Event => createEvent({ id: `e${timestamp}`, timestamp });
const summaryOf = (startTime: number, endTime: number, timestamp: number): CompactedEvent => ({
  ...said(timestamp),
  isCompacted: true,
  startTime,
  endTime,
  compactedContent: 'They talked.',
});
const rewind = (timestamp: number): Event =>
  Object.assign(said(timestamp), { actions: { rewindBeforeInvocationId: 'e-1' } });

test('markers in new events are found although earlier events were scanned before', () => {
  const events = [said(1), said(2)];
  expect(historyMarkersOf(events)).toMatchObject({ hasRewind: false, summary: undefined });
  const summary = summaryOf(1, 1, 3);
  events.push(summary);
  expect(historyMarkersOf(events)).toMatchObject({ hasRewind: false, summary });
  events.push(rewind(4));
  expect(historyMarkersOf(events)).toMatchObject({ hasRewind: true, summary });
  expect(historyMarkersOf([])).toMatchObject({ hasRewind: false });
});

test('lists that begin with the same event are told apart', () => {
  const first = said(1);
  expect(historyMarkersOf([first, rewind(2), said(3)]).hasRewind).toBe(true);
  expect(historyMarkersOf([first, said(3)]).hasRewind).toBe(false);
  expect(historyMarkersOf([first]).hasRewind).toBe(false);
  expect(historyMarkersOf([first, rewind(2)]).hasRewind).toBe(true);
});

test('summarised events and older summaries are not active', () => {
  const plain = [said(1), said(2)];
  expect(activeEvents(plain)).toBe(plain);
  const older = summaryOf(1, 2, 5);
  const newer = summaryOf(1, 4, 8);
  const events = [said(1), said(2), said(3), said(4), older, said(6), said(7), newer, said(9)];
  expect(activeEvents(events).map(({ timestamp }) => timestamp)).toEqual([6, 7, 8, 9]);
});
