import { describe, expect, test } from 'bun:test';
import { readMetricLine } from './metric-line.ts';
import { decideScaling, type ScalingState, type TrackedMetric } from './target-tracking.ts';

const MINUTE = 60_000;
const state = (about: Partial<ScalingState> = {}): ScalingState => ({
  current: 2,
  min: 2,
  max: 6,
  nowMs: 60 * MINUTE,
  lastOutMs: undefined,
  lastInMs: undefined,
  ...about,
});
const policy = (
  periods: readonly (number | undefined)[],
  about: Partial<TrackedMetric> = {},
): TrackedMetric => ({
  name: 'streams',
  targetValue: 100,
  scaleOutCooldownMs: MINUTE,
  scaleInCooldownMs: 5 * MINUTE,
  disableScaleIn: false,
  periods,
  ...about,
});
const always = (value: number) => Array.from({ length: 15 }, () => value);

describe('target tracking', () => {
  test('adds in proportion to the metric and its target, after three periods in a row', () => {
    expect(decideScaling([policy([...always(50), 150, 150])], state())).toBeUndefined();
    expect(decideScaling([policy([...always(50), 150, undefined, 150, 150])], state())).toBeUndefined();
    expect(decideScaling([policy([150, 150, 150])], state())).toEqual({
      desired: 3,
      reason: 'streams is 150, above its target 100',
    });
    expect(decideScaling([policy([150, 150, 900])], state())?.desired).toBe(6);
    expect(decideScaling([policy([100, 100, 100])], state())).toBeUndefined();
  });

  test('removes after fifteen periods clearly below, and never below the minimum', () => {
    const busy = state({ current: 6 });
    expect(decideScaling([policy(always(50))], busy)?.desired).toBe(3);
    expect(decideScaling([policy(always(50).slice(1))], busy)).toBeUndefined();
    expect(decideScaling([policy(always(95))], busy)).toBeUndefined();
    expect(decideScaling([policy(always(0))], busy)?.desired).toBe(2);
    expect(decideScaling([policy(always(0))], state())).toBeUndefined();
    expect(decideScaling([policy(always(0), { disableScaleIn: true })], busy)).toBeUndefined();
  });

  test('one policy may add, all must agree to take away', () => {
    const low = policy(always(10), { name: 'cpu' });
    expect(decideScaling([low, policy(always(150))], state())?.reason).toStartWith('streams is 150');
    const busy = state({ current: 6 });
    expect(decideScaling([low, policy(always(95))], busy)).toBeUndefined();
    expect(decideScaling([low, policy([])], busy)).toBeUndefined();
    expect(decideScaling([low, policy(always(60))], busy)).toMatchObject({ desired: 4 });
  });

  test('waits for its cooldowns', () => {
    const high = [policy(always(200))];
    expect(decideScaling(high, state({ lastOutMs: 59.5 * MINUTE }))).toBeUndefined();
    expect(decideScaling(high, state({ lastOutMs: 59 * MINUTE }))?.desired).toBe(4);
    const low = [policy(always(10))];
    expect(decideScaling(low, state({ current: 6, lastOutMs: 56 * MINUTE }))).toBeUndefined();
    expect(decideScaling(low, state({ current: 6, lastInMs: 56 * MINUTE }))).toBeUndefined();
    expect(decideScaling(low, state({ current: 6, lastInMs: 55 * MINUTE }))?.desired).toBe(2);
  });

  test('leaves a manual count beyond the limits until an alarm on that side', () => {
    expect(decideScaling([policy(always(10))], state({ current: 0 }))).toBeUndefined();
    expect(decideScaling([policy(always(200))], state({ current: 1 }))?.desired).toBe(2);
    expect(decideScaling([policy(always(200))], state({ current: 9 }))).toBeUndefined();
    expect(decideScaling([policy(always(10))], state({ current: 9 }))?.desired).toBe(2);
  });
});

describe('a metric line', () => {
  const line = (about: object = {}, values: object = {}) =>
    JSON.stringify({
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Lornu/Agent',
            Dimensions: [['Environment']],
            Metrics: [{ Name: 'Turns', Unit: 'Count' }],
          },
        ],
        ...about,
      },
      Environment: 'staging',
      Turns: 2,
      ...values,
    });
  const read = {
    namespace: 'Lornu/Agent',
    name: 'Turns',
    unit: 'Count',
    dimensions: { Environment: 'staging' },
    atMs: 1_000,
  };

  test('is read with its dimensions, one value or many', () => {
    expect(readMetricLine(line())).toEqual([{ ...read, values: [2] }]);
    expect(readMetricLine(line({}, { Turns: [1, 2, 3] }))).toEqual([{ ...read, values: [1, 2, 3] }]);
  });

  test('is ignored if it is another line, malformed, or without a value', () => {
    expect(readMetricLine('{"message":"_aws"}')).toEqual([]);
    expect(readMetricLine('{"_aws": ')).toEqual([]);
    expect(readMetricLine('{"a":"b","_aws":null}')).toEqual([]);
    expect(readMetricLine(line({ CloudWatchMetrics: 'none' }))).toEqual([]);
    expect(readMetricLine(line({}, { Turns: 'many' }))).toEqual([]);
  });
});
