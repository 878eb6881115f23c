import { describe, expect, test } from 'bun:test';
import { tooLong } from './wait-until-served.ts';

const MINUTE = 60_000;
const limits = { stalledMs: 25 * MINUTE, timeoutMs: 35 * MINUTE };
const at = (beganMin: number, changedMin: number, nowMin: number) =>
  tooLong(limits, beganMin * MINUTE, { changedMs: changedMin * MINUTE }, nowMin * MINUTE);

describe('the wait for a deploy', () => {
  test('lasts as long as ECS reports changes, and no longer than the limit', () => {
    expect(at(0, 20, 34)).toBeUndefined();
    expect(at(0, 34, 36)).toBe('after 35 min');
  });

  test('ends after a time without changes, by timestamps of ECS', () => {
    expect(at(0, 5, 30)).toBeUndefined();
    expect(at(0, 5, 31)).toBe('and ECS has noted no change for 25 min');
  });

  test('counts from its own start if the last change is older', () => {
    expect(at(100, 5, 120)).toBeUndefined();
    expect(at(100, 5, 126)).toBe('and ECS has noted no change for 25 min');
  });
});
