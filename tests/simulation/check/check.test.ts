import { expect, test } from 'bun:test';
import { scenarioOf, simulate } from '../scenario.ts';
import { check } from './check.ts';
import type { Entry } from './history.ts';

// A quiet one: a session, messages with and without tools, nothing that goes wrong.
const SCENARIO = {
  ...scenarioOf(1),
  sessions: ['s1', 's2'],
  leaves: 0,
  steps: [1, 2, 3, 4].map((n) => ({
    at: n * 5_000,
    do: 'send' as const,
    session: n === 4 ? 's2' : 's1',
    process: 0,
    plan: { words: 6, everyMs: 50, ...(n === 2 ? { tool: { name: 'book' as const, ms: 100 } } : {}) },
    whenBusy: 'queue' as const,
  })),
};
const HISTORY = simulate(SCENARIO);

type Of<K extends Entry['is']> = Extract<Entry, { is: K }>;

/** The history with the first entries of a kind that fit changed into others. */
function changed<K extends Entry['is']>(kind: K, change: (entry: Of<K>) => Entry[] | undefined): Entry[] {
  let isChanged = false;
  return HISTORY.flatMap((entry) => {
    const others = !isChanged && entry.is === kind ? change(entry as Of<K>) : undefined;
    isChanged ||= others !== undefined;
    return others ?? [entry];
  });
}
const withEvents = (change: (events: string[]) => string[]): Entry[] =>
  changed('stored', (stored) =>
    stored.session === 's1' ? [{ ...stored, events: change(stored.events) }] : undefined,
  );

test('a history in which all is well breaks nothing', () => {
  expect(check(HISTORY)).toEqual([]);
  expect(HISTORY.filter(({ is }) => is === 'ended')).toHaveLength(4);
});

test.each<[number, string, Entry[]]>([
  [1, 'an answer that was shown is not stored', withEvents((events) => events.toSpliced(1, 1))],
  [1, 'a stored answer is cut', withEvents((events) => events.map((event) => event.replace(' s1m1.6', '')))],
  [2, 'an accepted message is not stored', withEvents((events) => events.slice(1))],
  [2, 'a message is stored twice', withEvents((events) => [events[0]!, ...events])],
  [2, 'an accepted run is gone', changed('run', () => [])],
  [3, 'a frame is missing', changed('shown', () => [])],
  [3, 'a frame comes twice', changed('shown', (shown) => [shown, shown])],
  [4, 'another end is told', changed('ended', (ended) => [{ ...ended, state: 'failed' }])],
  [4, 'the end is told twice', changed('ended', (ended) => [ended, ended])],
  [
    4,
    'a frame follows the end',
    changed('ended', (ended) => [ended, HISTORY.find(({ is }) => is === 'shown')!]),
  ],
  [4, 'a run never ends', changed('run', (run) => [{ ...run, state: 'running' }])],
  [
    4,
    'a reader waits for ever',
    changed('ended', ({ at, reader, run }) => [{ at, is: 'left waiting', reader, run }]),
  ],
  [
    5,
    'words are doubled',
    changed('replayed', (replay) => [
      {
        ...replay,
        frames: replay.frames.map(({ id, data }) => ({ id, data: data.replace('.2 ', '.2 s1m3.2 ') })),
      },
    ]),
  ],
  [5, 'two turns are mixed', withEvents((events) => [events[2]!, ...events.toSpliced(2, 1)])],
  [6, 'events change places', withEvents((events) => events.toReversed())],
  [
    6,
    'an event is told to nobody',
    changed('replayed', (replay) => [
      {
        ...replay,
        frames: replay.frames.filter(({ data }) => !data.includes('functionResponse')).slice(0, -1),
      },
    ]),
  ],
  [
    7,
    'the model is paid after the end',
    changed('ended', (ended) => [ended, HISTORY.find(({ is }) => is === 'paid')!]),
  ],
  [8, 'a tool is run twice', changed('tool', (tool) => [tool, tool])],
  [
    9,
    'a run is silent for ten minutes',
    changed('run', (run) => [{ ...run, endedMs: (run.endedMs ?? 0) + 600_000 }]),
  ],
  [10, 'the next turn fails', changed('next turn', (next) => [{ ...next, state: 'failed' }])],
  [
    10,
    'the model refuses what it is sent',
    changed('paid', ({ at }) => [{ at, is: 'invalid', reason: 'order' }]),
  ],
  [
    11,
    "another session's words are shown",
    changed('shown', (shown) => [{ ...shown, data: shown.data.replaceAll('s1m', 's2m') }]),
  ],
  [
    13,
    'nobody awaits a failed promise',
    changed('stored', (stored) => [stored, { at: stored.at, is: 'unawaited', error: 'Error: refused' }]),
  ],
  [12, 'a turn fails for no reason', changed('run', (run) => [{ ...run, state: 'failed' }])],
])('guarantee %i: %s', (guarantee, _what, history) => {
  expect(check(history).map((breach) => breach.guarantee)).toContain(guarantee);
});
