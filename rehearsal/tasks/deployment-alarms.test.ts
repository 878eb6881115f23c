import { describe, expect, test } from 'bun:test';
import { DeploymentAlarms, type SeenAlarm } from './deployment-alarms.ts';
import { createPace } from './pace.ts';

const alarm = (name: string, state: string): SeenAlarm => ({ name, state, period: 60, evaluationPeriods: 3 });
const quiet = [alarm('errors', 'OK'), alarm('unhealthy', 'INSUFFICIENT_DATA')];
const loud = [alarm('errors', 'ALARM'), alarm('unhealthy', 'OK')];
const { alarm: periodMs } = createPace(1);

describe('alarms of a deployment', () => {
  test('that go into ALARM during it are named', () => {
    const alarms = new DeploymentAlarms();
    expect(alarms.look('new', 1, quiet, periodMs).fired).toEqual([]);
    expect(alarms.look('new', 1, loud, periodMs).fired).toEqual(['errors']);
  });

  test('count from its first running task on', () => {
    const alarms = new DeploymentAlarms();
    alarms.look('new', 0, quiet, periodMs);
    expect(alarms.look('new', 0, loud, periodMs).fired).toEqual([]);
    expect(alarms.look('new', 1, loud, periodMs).fired).toEqual(['errors']);
  });

  test('are all ignored during a deployment that began with one in ALARM', () => {
    const alarms = new DeploymentAlarms();
    expect(alarms.look('mends', 0, loud, periodMs)).toEqual({ fired: [], bakeMs: 0 });
    alarms.look('mends', 2, quiet, periodMs);
    const both = [alarm('errors', 'OK'), alarm('unhealthy', 'ALARM')];
    expect(alarms.look('mends', 2, both, periodMs)).toEqual({ fired: [], bakeMs: 0 });
    // The next one begins without an alarm, and is watched again.
    alarms.look('next', 0, quiet, periodMs);
    expect(alarms.look('next', 1, loud, periodMs).fired).toEqual(['errors']);
  });

  test('make it wait for the longest of their evaluation windows', () => {
    const long = { ...alarm('slow', 'OK'), period: 300, evaluationPeriods: 2 };
    const bakeMs = (seen: SeenAlarm[], pace = 1) =>
      new DeploymentAlarms().look('new', 2, seen, createPace(pace).alarm).bakeMs;
    expect(bakeMs(quiet)).toBe(180_000);
    expect(bakeMs([...quiet, long])).toBe(600_000);
    expect(bakeMs(quiet, 10)).toBe(6_000);
    expect(bakeMs([])).toBe(0);
  });
});
