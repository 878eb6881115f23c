import { describe, expect, test } from 'bun:test';
import { evaluateAlarm, type AlarmRule, type AlarmState } from './evaluate-alarm.ts';

const rule: AlarmRule = {
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  comparisonOperator: 'GreaterThanThreshold',
  threshold: 5,
  treatMissingData: 'notBreaching',
};
const stateOf = (
  datapoints: (number | undefined)[],
  more: Partial<AlarmRule> = {},
  before: AlarmState = 'OK',
): AlarmState => evaluateAlarm({ ...rule, ...more }, datapoints, before).state;
const none = undefined;

describe('an alarm of two datapoints within three periods', () => {
  test.each([
    [[9, 9, 9], 'ALARM'],
    [[9, 0, 9], 'ALARM'],
    [[0, 0, 9], 'OK'],
    // Equal to the threshold is not above it.
    [[5, 5, 5], 'OK'],
    // Datapoints before the evaluation periods do not count.
    [[9, 9, 0, 0], 'OK'],
  ] as [number[], AlarmState][])('%j is %s', (datapoints, state) => {
    expect(stateOf(datapoints)).toBe(state);
  });

  test('names the datapoints that decided', () => {
    expect(evaluateAlarm(rule, [9, none, 7], 'OK').reason).toBe(
      'Threshold Crossed: 2 of the last 3 datapoints [9, 7] were greater than the threshold (5), 1 were missing.',
    );
  });
});

describe('missing datapoints', () => {
  test('are searched for a little further back before they count as missing', () => {
    expect(stateOf([9, 9, none, none, 0])).toBe('ALARM');
    expect(stateOf([9, 9, none, none, none])).toBe('ALARM');
    expect(stateOf([9, 9, none, none, none, none])).toBe('OK');
  });

  test.each([
    ['notBreaching', [none, none, none], 'OK'],
    ['breaching', [none, none, none], 'ALARM'],
    ['missing', [none, none, none], 'INSUFFICIENT_DATA'],
    ['missing', [none, none, 0], 'OK'],
    ['breaching', [0, 0, none], 'OK'],
    ['breaching', [0, none, none], 'ALARM'],
    ['notBreaching', [9, none, none], 'OK'],
  ] as [string, (number | undefined)[], AlarmState][])(
    'as %s: %j is %s',
    (treatMissingData, points, state) => {
      expect(stateOf(points, { treatMissingData })).toBe(state);
    },
  );

  test('keep the state if missing data is ignored', () => {
    for (const before of ['OK', 'ALARM'] as const) {
      expect(stateOf([none, none, none], { treatMissingData: 'ignore' }, before)).toBe(before);
    }
  });
});

test.each([
  ['GreaterThanThreshold', [4, 5, 6], [false, false, true]],
  ['GreaterThanOrEqualToThreshold', [4, 5, 6], [false, true, true]],
  ['LessThanThreshold', [4, 5, 6], [true, false, false]],
  ['LessThanOrEqualToThreshold', [4, 5, 6], [true, true, false]],
] as [string, number[], boolean[]][])('%s', (comparisonOperator, values, alarms) => {
  const one = { comparisonOperator, evaluationPeriods: 1, datapointsToAlarm: 1 };
  expect(values.map((value) => stateOf([value], one) === 'ALARM')).toEqual(alarms);
});

test('an unknown comparison is refused, never skipped', () => {
  expect(() => stateOf([1], { comparisonOperator: 'LessThanLowerThreshold' })).toThrow('not rehearsed');
});
