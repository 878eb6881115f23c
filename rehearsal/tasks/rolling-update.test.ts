import { describe, expect, test } from 'bun:test';
import { failureThreshold } from './circuit-breaker.ts';
import { planChanges, type ScheduledTask, rollingLimits } from './plan-changes.ts';
import { Rollout, type DeploymentCounts, type RolloutLook } from './rollout.ts';
import { StartThrottle } from './start-throttle.ts';

let clock = 0;
function task(id: string, about: Partial<ScheduledTask> = {}): ScheduledTask {
  clock += 1;
  return { id, primary: true, health: 'healthy', protected: false, zone: 'a', startedMs: clock, ...about };
}
const old = (id: string, about: Partial<ScheduledTask> = {}): ScheduledTask =>
  task(id, { primary: false, ...about });

describe('the limits of a rolling update', () => {
  test.each([
    // AWS's own examples: 50 % of four may leave two, 75 % of two must leave both.
    [4, 50, 200, 2, 8],
    [2, 75, 200, 2, 4],
    [2, 100, 200, 2, 4],
    [3, 50, 150, 2, 4],
    [1, 100, 150, 1, 1],
    [0, 100, 200, 0, 0],
  ])('%d desired, %d to %d percent', (desired, minimumHealthyPercent, maximumPercent, lower, upper) => {
    expect(rollingLimits(desired, { minimumHealthyPercent, maximumPercent })).toEqual({ lower, upper });
  });
});

describe("the scheduler's next action", () => {
  const usual = { lower: 2, upper: 4 };

  test('starts missing tasks, and nothing when all are there', () => {
    expect(planChanges(2, [], usual)).toEqual({ start: 2, stop: [] });
    expect(planChanges(2, [task('a'), task('b', { health: 'pending' })], usual)).toEqual({
      start: 0,
      stop: [],
    });
  });

  test('starts the new ones first and stops the old ones when those are healthy', () => {
    const before = [old('a'), old('b')];
    expect(planChanges(2, before, usual)).toEqual({ start: 2, stop: [] });
    const pending = [...before, task('c', { health: 'pending' }), task('d', { health: 'pending' })];
    expect(planChanges(2, pending, usual)).toEqual({ start: 0, stop: [] });
    expect(planChanges(2, [...before, task('c'), task('d', { health: 'pending' })], usual).stop).toEqual([
      'a',
    ]);
    expect(planChanges(2, [...before, task('c'), task('d')], usual)).toEqual({ start: 0, stop: ['a', 'b'] });
  });

  test('stops first if it may have no more than it has', () => {
    expect(planChanges(2, [old('a'), old('b')], { lower: 1, upper: 2 })).toEqual({ start: 0, stop: ['a'] });
  });

  test('leaves a protected old task until it is released', () => {
    const tasks = [old('a', { protected: true }), old('b'), task('c'), task('d')];
    expect(planChanges(2, tasks, usual)).toEqual({ start: 0, stop: ['b'] });
  });

  test('replaces an unhealthy task before it stops it', () => {
    const sick = task('a', { health: 'unhealthy' });
    expect(planChanges(2, [sick, task('b')], usual)).toEqual({ start: 1, stop: [] });
    const starting = task('c', { health: 'pending' });
    expect(planChanges(2, [sick, task('b'), starting], usual)).toEqual({ start: 0, stop: [] });
    expect(planChanges(2, [sick, task('b'), task('c')], usual)).toEqual({ start: 0, stop: ['a'] });
  });

  test('stops an unhealthy one at once if there is no room for another', () => {
    const tasks = [task('a', { health: 'unhealthy' }), task('b')];
    expect(planChanges(2, tasks, { lower: 2, upper: 2 })).toEqual({ start: 0, stop: ['a'] });
  });

  test('scales in the newest of the fuller zone, never a protected one', () => {
    const tasks = [task('a'), task('b', { zone: 'b' }), task('c'), task('d', { protected: true })];
    expect(planChanges(2, tasks, usual).stop).toEqual(['c', 'a']);
    const full = tasks.map((one) => ({ ...one, protected: true }));
    expect(planChanges(2, full, usual).stop).toEqual([]);
  });
});

describe('the circuit breaker', () => {
  test.each([
    [1, 3],
    [6, 3],
    [7, 4],
    [25, 13],
    [400, 200],
    [900, 200],
  ])('of %d desired tasks takes %d failures', (desired, threshold) => {
    expect(failureThreshold(desired)).toBe(threshold);
  });

  const breaks = { enable: true, rollback: true };
  const none = { running: 0, pending: 0, alive: 0, healthy: 0 };
  const two = { running: 2, pending: 0, alive: 2, healthy: 2 };
  const deployment = (id: string, rolloutState = 'IN_PROGRESS') => ({
    id,
    taskDefinition: `${id}:1`,
    rolloutState,
  });
  const look = (counts: DeploymentCounts, more: Partial<RolloutLook> = {}): RolloutLook => ({
    desired: 2,
    counts,
    othersAlive: 0,
    circuitBreaker: breaks,
    nowMs: 0,
    ...more,
  });

  test('completes a deployment when its tasks are healthy and no other is left', () => {
    const rollout = new Rollout();
    expect(rollout.next(deployment('one'), look(two, { othersAlive: 1 })).kind).toBe('none');
    expect(rollout.next(deployment('one'), look({ ...two, healthy: 1 })).kind).toBe('none');
    expect(rollout.next(deployment('one'), look(two)).kind).toBe('completed');
  });

  test('returns to the last completed deployment, once', () => {
    const rollout = new Rollout();
    rollout.next(deployment('good'), look(two));
    const bad = deployment('bad');
    const starting = look(none, { othersAlive: 2 });
    for (let failures = 0; failures < 3; failures += 1) {
      expect(rollout.next(bad, starting)).toEqual({ kind: 'none' });
      rollout.breaker('bad').taskFailed();
    }
    expect(rollout.next(bad, starting)).toMatchObject({
      kind: 'failed',
      by: 'circuit breaker',
      rollBackTo: { id: 'good' },
    });
    for (let failures = 0; failures < 3; failures += 1) rollout.breaker('good').taskFailed();
    expect(rollout.next(deployment('good'), look(none))).toEqual({ kind: 'failed', by: 'circuit breaker' });
  });

  test('counts failures in a row: a healthy task resets the count', () => {
    const rollout = new Rollout();
    rollout.breaker('new').taskFailed();
    rollout.breaker('new').taskFailed();
    rollout.breaker('new').taskHealthy();
    rollout.breaker('new').taskFailed();
    expect(rollout.next(deployment('new'), look(none))).toEqual({ kind: 'none' });
  });

  test('stalls if nothing was ever completed, and does nothing when it is off', () => {
    const rollout = new Rollout();
    for (let failures = 0; failures < 3; failures += 1) rollout.breaker('new').taskFailed();
    const off = look(none, { circuitBreaker: { enable: false, rollback: false } });
    expect(rollout.next(deployment('new'), off).kind).toBe('none');
    expect(rollout.next(deployment('new'), look(none))).toEqual({ kind: 'failed', by: 'circuit breaker' });
    expect(rollout.next(deployment('new', 'FAILED'), look(none))).toEqual({ kind: 'none' });
  });

  describe('with alarms', () => {
    const quiet = { ...breaks, fired: [], bakeMs: 1000 };
    const loud = { ...quiet, fired: ['errors'] };
    const afterGood = (): Rollout => {
      const rollout = new Rollout();
      rollout.next(deployment('good'), look(two, { alarms: quiet }));
      return rollout;
    };

    test('waits until they were quiet for the bake time', () => {
      const rollout = afterGood();
      const at = (nowMs: number, counts = two) =>
        rollout.next(deployment('new'), look(counts, { alarms: quiet, nowMs })).kind;
      // The bake time does not restart when a task is replaced.
      expect([at(0), at(500, none), at(999), at(1000)]).toEqual(['none', 'none', 'none', 'completed']);
    });

    test('returns when one fires, even during the bake time', () => {
      for (const [counts, othersAlive] of [
        [none, 2],
        [two, 0],
      ] as const) {
        const rollout = afterGood();
        rollout.next(deployment('new'), look(counts, { alarms: quiet, othersAlive }));
        expect(rollout.next(deployment('new'), look(counts, { alarms: loud, othersAlive }))).toMatchObject({
          kind: 'failed',
          by: 'alarms',
          rollBackTo: { id: 'good' },
        });
        // The rollback itself is done when its tasks are there.
        expect(rollout.next(deployment('good'), look(two, { alarms: loud })).kind).toBe('completed');
      }
    });

    test('each detection has its own setting for rolling back', () => {
      const stays = { ...loud, rollback: false };
      expect(afterGood().next(deployment('new'), look(two, { alarms: stays }))).toEqual({
        kind: 'failed',
        by: 'alarms',
      });
      expect(
        afterGood().next(deployment('new'), look(two, { alarms: { ...loud, enable: false } })).kind,
      ).toBe('completed');
    });

    test('ignores them if nothing was completed before', () => {
      expect(new Rollout().next(deployment('first'), look(two, { alarms: loud })).kind).toBe('completed');
    });
  });
});

describe('a service whose tasks fail to start again and again', () => {
  const failTimes = (throttle: StartThrottle, times: number): boolean[] =>
    Array.from({ length: times }, () => throttle.failed(0));

  test('waits from the fourth failure on, twice as long each time, 27 minutes at most', () => {
    const throttle = new StartThrottle((seconds) => seconds * 1000);
    expect(failTimes(throttle, 3)).toEqual([false, false, false]);
    expect(throttle.mayStart(0)).toBe(true);
    expect(failTimes(throttle, 1)).toEqual([true]);
    expect([throttle.mayStart(9_999), throttle.mayStart(10_000)]).toEqual([false, true]);
    expect(failTimes(throttle, 1)).toEqual([false]);
    expect([throttle.mayStart(19_999), throttle.mayStart(20_000)]).toEqual([false, true]);
    failTimes(throttle, 20);
    expect([throttle.mayStart(27 * 60_000 - 1), throttle.mayStart(27 * 60_000)]).toEqual([false, true]);
  });

  test('stops waiting once one got healthy', () => {
    const throttle = new StartThrottle((seconds) => seconds * 1000);
    failTimes(throttle, 6);
    throttle.reset();
    expect(throttle.mayStart(0)).toBe(true);
    expect(failTimes(throttle, 3)).toEqual([false, false, false]);
  });
});
