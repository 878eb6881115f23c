import { describe, expect, test } from 'bun:test';
import { tooLong } from './wait-until-served.ts';

const MINUTE = 60_000;
const limits = { stalledMs: 25 * MINUTE, timeoutMs: 35 * MINUTE };
const at = (beganMin: number, changedMin: number, nowMin: number) =>
  tooLong(limits, beganMin * MINUTE, { changedMs: changedMin * MINUTE }, nowMin * MINUTE);

describe('a deploy is waited for', () => {
  test('as long as ECS notes changes, and no longer than the limit', () => {
    expect(at(0, 20, 34)).toBeUndefined();
    expect(at(0, 34, 36)).toBe('after 35 min');
  });

  test("no longer than that without a change, by ECS's own times", () => {
    expect(at(0, 5, 30)).toBeUndefined();
    expect(at(0, 5, 31)).toBe('and ECS has noted no change for 25 min');
  });

  test('from its own beginning where the last change is older', () => {
    expect(at(100, 5, 120)).toBeUndefined();
    expect(at(100, 5, 126)).toBe('and ECS has noted no change for 25 min');
  });
});
