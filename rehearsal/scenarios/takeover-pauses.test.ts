import { expect, test } from 'bun:test';
import { faultOfPauses, longestPauseMs, pausesOf, watchTakeovers } from './takeover-pauses.ts';

const frame = (atMs: number) => ({ kind: 'frame' as const, id: '', index: 0, event: {}, atMs });
const turn = (runId: string, ...times: number[]) => ({ runId, parts: times.map(frame) });

test('a pause is between two frames, since people see no comments, and belongs to the break in which a part of it is', () => {
  const comment = { kind: 'comment' as const, text: 'ping', atMs: 3_000 };
  const { parts } = turn('a', 0, 100, 6_100, 6_200, 9_200);
  const seen = { parts: [...parts.slice(0, 2), comment, ...parts.slice(2)] };
  expect(longestPauseMs(seen, { fromMs: 50, untilMs: 6_150 })).toBe(6_000);
  expect(longestPauseMs(seen, { fromMs: 5_000, untilMs: 7_000 })).toBe(6_000);
  expect(longestPauseMs(seen, { fromMs: 6_100, untilMs: 7_000 })).toBe(3_000);
  expect(longestPauseMs({ parts: [] }, { fromMs: 0, untilMs: 1 })).toBe(0);
});

test('the turns that another task took over are compared with the others', () => {
  const turns = [turn('a', 0, 4_000, 4_100), turn('b', 0, 400, 800), turn('c', 0, 200, 3_500)];
  const takenAt = new Map([
    ['a', 3_100],
    ['c', 3_000],
    ['of another break', 9_000],
  ]);
  expect(pausesOf(turns, takenAt, 3_000, { fromMs: 0, untilMs: 5_000 })).toEqual({
    moved: 2,
    continuedMs: 3_100,
    movedMs: 4_000,
    othersMs: 400,
    heldMs: 3_000,
  });
});

test('a turn whose reader saw nothing more has no end of its pause', () => {
  const { movedMs } = pausesOf([turn('a', 0)], new Map([['a', 3_000]]), 3_000, { fromMs: 0, untilMs: 5_000 });
  expect(movedMs).toBe(Number.POSITIVE_INFINITY);
});

test('on a busy machine, where other turns are late too, a takeover may take longer', () => {
  const pauses = { moved: 1, continuedMs: 3_000, movedMs: 5_900, othersMs: 300, heldMs: 3_000 };
  expect(faultOfPauses(pauses)).toBeUndefined();
  expect(faultOfPauses({ ...pauses, movedMs: 6_300 })).toContain('longer than 6.2 s');
  expect(faultOfPauses({ ...pauses, movedMs: 9_000, othersMs: 1_500 })).toBeUndefined();
  expect(faultOfPauses({ ...pauses, moved: 0 })).toBe('no turn was taken over');
});

test('after late heartbeats, which hold longer, a takeover may begin later by as much', () => {
  const pauses = { moved: 1, continuedMs: 9_600, movedMs: 11_600, othersMs: 300, heldMs: 9_500 };
  expect(faultOfPauses(pauses)).toBeUndefined();
  expect(faultOfPauses({ ...pauses, heldMs: 3_000 })).toContain('longer than 6.2 s');
  expect(faultOfPauses({ ...pauses, movedMs: 13_000 })).toContain('longer than 12.7 s');
});

test('while connections are open and silent, the turns are judged and not their readers', () => {
  const pauses = { moved: 1, continuedMs: 3_900, movedMs: 11_000, othersMs: 300, heldMs: 3_000 };
  expect(faultOfPauses(pauses, true)).toBeUndefined();
  expect(faultOfPauses({ ...pauses, continuedMs: 6_300 }, true)).toContain('longer than 6.2 s');
});

test('takeovers are read from the logs of the tasks, the first of each run, until the watch ends', async () => {
  const listeners = new Set<(task: never, line: string) => void>();
  const log = (line: string): void => listeners.forEach((listener) => listener({} as never, line));
  const onLine = (listener: (task: never, line: string) => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const holds = [4_000, 9_000];
  const watch = watchTakeovers({ onLine }, async () => holds.shift() ?? 0);
  expect(await watch.heldMs()).toBe(0);
  log('{"message":"Taking over a run","runId":"r1","takeovers":1}');
  const first = watch.takenAt.get('r1');
  log('{"message":"Taking over a run","runId":"r1","takeovers":2}');
  log('{"message":"run end","runId":"r2"}');
  log('{"message":"Taking over a run","runId":"r4"}');
  const second = watch.takenAt.get('r4');
  watch.stop();
  log('{"message":"Taking over a run","runId":"r3"}');
  expect([...watch.takenAt]).toEqual([
    ['r1', first as number],
    ['r4', second as number],
  ]);
  expect(await watch.heldMs()).toBe(4_000);
});
