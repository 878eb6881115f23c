import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepDrill, readDrills } from './history.ts';
import { judgePart, type DrillReport } from './judge-drill.ts';
import { readAnswer } from './page-client.ts';
import { countStored } from './read-stored.ts';
import { clockOf, renderDrill, renderHistory } from './render-drill.ts';

const GOOGLE = '203.0.113.10';
const answer = {
  kind: 'answer' as const,
  id: 'b',
  atMs: 1,
  fault: undefined,
  again: 1,
  address: '192.0.2.11',
  read: [],
  authors: ['lornu'],
  sessionId: 's',
  conversation: 'one',
  expected: '1 2',
};

describe('a part of a drill', () => {
  test('holds when the cloud that is left answers whole, and tells its times', () => {
    const { outcome, seen } = judgePart({
      answers: [answer],
      notBy: GOOGLE,
      detectedMs: 9_100,
      recoveredMs: 16_000,
      interruptedMs: 75_000,
    });
    expect(outcome).toBe('passed');
    expect(seen).toBe(
      'detected after 9.1 s; recovered after 16.0 s; the interrupted conversation after 75.0 s; 1 of 1 messages answered whole; sent again 1 times',
    );
  });

  test.each([
    ['the dead cloud answered', { answers: [{ ...answer, address: GOOGLE }], notBy: GOOGLE }],
    ['another cloud answered than the one that is left', { answers: [answer], by: [GOOGLE] }],
    ['an answer is not whole', { answers: [{ ...answer, fault: 'it says "1"' }] }],
    ['it broke off', { answers: [answer], failure: 'the shared name changes: not within 120 s' }],
    ['nothing was asked', {}],
  ])('does not hold where %s', (_what, seen) => {
    expect(judgePart(seen).outcome).toBe('failed');
  });
});

describe('what the store has of the messages', () => {
  const said = (author: string, text: string) => ({ author, content: { parts: [{ text }] } });
  const events = (...more: ReturnType<typeof said>[]) =>
    new Map([['s', [said('user', 'count (b)'), ...more]]]);

  test('is one whole answer to each, also after it was asked again', () => {
    const first = events(said('user', 'count (b)'), said('lornu', '1'), said('lornu', '2'));
    expect(countStored([answer], first)).toEqual({ lost: 0, doubled: 0 });
  });

  test.each([
    ['an answer is cut', [said('lornu', '1')], { lost: 1, doubled: 0 }],
    ['a word is doubled', [said('lornu', '1 2 2')], { lost: 1, doubled: 0 }],
    [
      'both clouds answered',
      [said('lornu', '1 2'), said('user', 'count (b)'), said('lornu', '1 2')],
      { lost: 0, doubled: 1 },
    ],
    ['there is no answer', [], { lost: 1, doubled: 0 }],
  ])('is counted where %s', (_what, more, counts) => {
    expect(countStored([answer], events(...more))).toEqual(counts);
  });
});

test('the page reads the answer of its own message alone, without thoughts', () => {
  const items = [
    { kind: 'text', text: 'hm', thought: true, author: 'lornu' },
    { kind: 'text', text: '1  2\n', author: 'lornu' },
    { kind: 'error', message: 'Gone.' },
  ];
  expect(readAnswer([{ user: { text: 'count' }, items }], 'count')).toEqual({
    words: '1 2',
    authors: ['lornu'],
    failures: ['Gone.'],
  });
  expect(readAnswer([{ user: { text: 'other' }, items }], 'count')).toBeUndefined();
});

describe('the history of drills', () => {
  const report: DrillReport = {
    at: '2026-11-29T21:00:00.000Z',
    image: 'registry/agent@sha256:abc',
    elapsedMs: 110_000,
    parts: [
      {
        id: 'aws-dies',
        title: 't',
        elapsedMs: 1,
        ...judgePart({ answers: [answer], detectedMs: 100, recoveredMs: 5_000 }),
      },
    ],
    lost: 0,
    doubled: 0,
    again: 1,
    holds: true,
  };

  test('keeps each with its digest, and leaves out a line that was cut', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drills-'));
    const path = join(folder, 'more/drills.jsonl');
    try {
      expect(await readDrills(path)).toEqual([]);
      await keepDrill(path, report);
      await appendFile(path, '{"at":"20\n');
      await keepDrill(path, { ...report, holds: false });
      const drills = await readDrills(path);
      expect(drills.map(({ image, holds }) => `${image} ${holds}`)).toEqual([
        'registry/agent@sha256:abc true',
        'registry/agent@sha256:abc false',
      ]);
      expect(renderHistory(drills)).toContain('aws-dies       detected 0.1 s, recovered 5.0 s');
      expect(renderHistory([])).toContain('./lornu drill');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a report says how many turns were lost, and by which clock', () => {
    expect(renderDrill(report, 10)).toContain('Turns lost 0, answered twice 0, sent again by the person 1.');
    expect(clockOf(10)).toContain('a health check every 3 s, three failures, answers kept for 6 s');
  });
});
