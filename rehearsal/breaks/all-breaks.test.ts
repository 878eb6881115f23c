import { describe, expect, test } from 'bun:test';
import { BREAKS } from './all-breaks.ts';
import { judgeClock } from './clock-break.ts';
import { judgeModel } from './model-breaks.ts';
import { judgeStreams } from './under-streams.ts';

describe('turns during a break', () => {
  const well = {
    faults: [undefined, undefined],
    underWay: 2,
    afterwards: undefined,
    recoveredAfterMs: 1_250,
    pauseMs: 6_340,
    troubles: 1,
  };

  test('pass if all are complete, and the time to the next answer is measured', () => {
    const { outcome, seen } = judgeStreams(well);
    expect(outcome).toBe('passed');
    expect(seen).toBe(
      '2 of 2 turns complete, 2 of them in progress when the break began; people saw a pause of at most 6.3 s; connections lost and resumed: 1; the next turn was answered 1.3 s after the break',
    );
  });

  test('tell how long those that were taken over stood still', () => {
    const pauses = { moved: 2, continuedMs: 3_780, movedMs: 4_120, othersMs: 430, heldMs: 3_000 };
    const { outcome, seen } = judgeStreams({ ...well, pauses });
    expect(outcome).toBe('passed');
    expect(seen).toContain(
      '; turns that another task took over: 2, each within 3.8 s of its last frame; their readers waited for at most 4.1 s, those of other turns for 0.4 s; ',
    );
  });

  test.each([
    ['one turn is lost', { faults: [undefined, 'it ended as failed'] }],
    ['no turn was in progress, so the break tested nothing', { underWay: 0 }],
    ['the break itself was not as expected', { fault: 'nothing was slow' }],
    ['the next turn fails', { afterwards: 'given up' }],
    [
      'no turn was taken over',
      { pauses: { moved: 0, continuedMs: 0, movedMs: 0, othersMs: 400, heldMs: 3_000 } },
    ],
    [
      'a reader waited for too long',
      { pauses: { moved: 2, continuedMs: 3_000, movedMs: 6_700, othersMs: 400, heldMs: 3_000 } },
    ],
    [
      'a turn of a silent task stood still for too long',
      {
        pauses: { moved: 2, continuedMs: 6_700, movedMs: 6_800, othersMs: 400, heldMs: 3_000 },
        isSilent: true,
      },
    ],
  ])('fail if %s', (_what, more) => {
    expect(judgeStreams({ ...well, ...more }).outcome).toBe('failed');
  });
});

describe('a turn whose model fails', () => {
  test.each([
    [{ people: /not available/, read: 'It is not available.', afterwards: undefined }, 'passed'],
    [{ people: /not available/, read: 'Internal server error', afterwards: undefined }, 'failed'],
    [{ people: /not available/, read: undefined, afterwards: undefined }, 'failed'],
    [{ people: undefined, read: undefined, afterwards: undefined }, 'passed'],
    [{ people: undefined, read: 'It is not available.', afterwards: undefined }, 'failed'],
    [{ people: undefined, read: undefined, afterwards: 'it says "1"' }, 'failed'],
  ])('%o: %s', (seen, outcome) => {
    expect(judgeModel(seen).outcome).toBe(outcome as never);
  });
});

test('each break has a unique name, and states what it does, what people see and how it recovers', () => {
  expect(new Set(BREAKS.map(({ id }) => id)).size).toBe(BREAKS.length);
  for (const { id, does, people, recovery } of BREAKS) {
    expect(id).toMatch(/^[a-z-]+$/);
    expect([does, people, recovery].every((text) => text.length >= 7)).toBeTrue();
  }
});

test.each([
  [['completed after 9 s', 'completed after 8 s'], [undefined], 'passed'],
  [['completed after 9 s', 'rolled back after 8 s'], [undefined], 'failed'],
  [['completed after 9 s', 'completed after 8 s'], [undefined, 'it says "1"'], 'failed'],
  [['completed after 9 s', 'completed after 8 s'], [], 'failed'],
])('a wrong clock: deployments %o and turns %o give %s', (outcomes, faults, outcome) => {
  expect(judgeClock({ outcomes, faults }).outcome).toBe(outcome as never);
});
