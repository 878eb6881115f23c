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
  test('passes if the remaining cloud gives complete answers, and reports the times', () => {
    const { outcome, seen } = judgePart({
      answers: [answer],
      notBy: GOOGLE,
      detectedMs: 9_100,
      recoveredMs: 16_000,
      interruptedMs: 75_000,
    });
    expect(outcome).toBe('passed');
    expect(seen).toBe(
      'detected after 9.1 s; recovered after 16.0 s; the interrupted conversation after 75.0 s; 1 of 1 messages answered completely; 1 sent again',
    );
  });

  test.each([
    ['the dead cloud answered', { answers: [{ ...answer, address: GOOGLE }], notBy: GOOGLE }],
    ['a different cloud than the remaining one answered', { answers: [answer], by: [GOOGLE] }],
    ['an answer is incomplete', { answers: [{ ...answer, fault: 'it says "1"' }] }],
    ['the part stopped early', { answers: [answer], failure: 'the shared name changes: not within 120 s' }],
    ['no message was sent', {}],
  ])('fails if %s', (_what, seen) => {
    expect(judgePart(seen).outcome).toBe('failed');
  });
});

describe('the stored answers', () => {
  const said = (author: string, text: string) => ({ author, content: { parts: [{ text }] } });
  const events = (...more: ReturnType<typeof said>[]) =>
    new Map([['s', [said('user', 'count (b)'), ...more]]]);

  test('are one complete answer to each message, also to a message that was sent again', () => {
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
  ])('are counted if %s', (_what, more, counts) => {
    expect(countStored([answer], events(...more))).toEqual(counts);
  });
});

test('the page reads only the answer to its own message, without thoughts', () => {
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

  test('keeps each drill with its image digest, and ignores an incomplete line', async () => {
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

  test('a report has the number of lost turns, and the times that were shortened', () => {
    expect(renderDrill(report, 10)).toContain(
      'Lost turns: 0. Answered twice: 0. Sent again by the person: 1.',
    );
    expect(clockOf(10)).toContain('a health check every 3 s, three failures, a TTL of 6 s');
  });
});
