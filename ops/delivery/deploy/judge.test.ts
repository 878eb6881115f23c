import { describe, expect, test } from 'bun:test';
import { AGREEING_ANSWERS, judge, type ServedAnswer } from './judge.ts';
import type { ServiceView } from './service-view.ts';

const NEW = { taskDefinition: 'agent:2', revision: 'new' };
const deployment = (
  taskDefinition: string,
  state: string,
  more: Partial<ServiceView['deployments'][number]> = {},
): ServiceView['deployments'][number] => ({
  taskDefinition,
  state,
  isPrimary: true,
  reason: '',
  running: 2,
  desired: 2,
  ...more,
});
const view = (...deployments: ServiceView['deployments']): ServiceView => ({
  deployments,
  changedMs: 0,
  events: [],
});
const answers = (revision: string, count = AGREEING_ANSWERS): ServedAnswer[] =>
  Array.from({ length: count }, () => ({ revision }));

describe('a deploy', () => {
  test('is served when ECS has finished and every response has the revision', () => {
    expect(judge(NEW, view(deployment('agent:2', 'COMPLETED')), answers('new'))).toEqual({ kind: 'served' });
  });

  test('is pending while the rollout continues, whatever is served', () => {
    const going = view(
      deployment('agent:2', 'IN_PROGRESS', { running: 1 }),
      deployment('agent:1', 'COMPLETED', { isPrimary: false }),
    );
    expect(judge(NEW, going, answers('new'))).toEqual({
      kind: 'wait',
      what: '1 of 2 new tasks run, new is served',
    });
  });

  test('is pending while a response has the earlier revision or none', () => {
    const done = view(deployment('agent:2', 'COMPLETED'));
    expect(judge(NEW, done, [...answers('new', 5), { revision: 'old' }])).toEqual({
      kind: 'wait',
      what: 'ECS is done, 5 of 6 answers carry it, old is served',
    });
    expect(judge(NEW, done, [...answers('new', 5), { failure: 'it answers 503' }])).toMatchObject({
      what: 'ECS is done, 5 of 6 answers carry it, it answers 503',
    });
    expect(judge(NEW, done, answers('new', 5)).kind).toBe('wait');
  });

  test('is pending while there is no service', () => {
    expect(judge(NEW, view(), []).kind).toBe('wait');
  });

  test('is stalled when it failed and there is no earlier deployment', () => {
    const first = view(deployment('agent:2', 'FAILED', { reason: 'tasks failed to start' }));
    expect(judge(NEW, first, [])).toEqual({ kind: 'stalled', reason: 'tasks failed to start' });
  });

  test('is not stalled while there is an earlier deployment, to which ECS will return', () => {
    const both = view(
      deployment('agent:2', 'FAILED'),
      deployment('agent:1', 'COMPLETED', { isPrimary: false }),
    );
    expect(judge(NEW, both, []).kind).toBe('rolled-back');
  });

  test('is judged by the newest deployment of its task definition after a restart', () => {
    const again = [
      deployment('agent:2', 'FAILED', { isPrimary: false }),
      deployment('agent:2', 'IN_PROGRESS', { running: 1 }),
    ];
    expect(judge(NEW, view(...again), []).kind).toBe('wait');
    expect(judge(NEW, view(...again.toReversed()), []).kind).toBe('wait');
  });

  test('is rolled back when its own deployment failed, with the reason', () => {
    const failed = view(
      deployment('agent:1', 'COMPLETED'),
      deployment('agent:2', 'FAILED', { isPrimary: false, reason: 'circuit breaker: tasks failed to start' }),
    );
    expect(judge(NEW, failed, answers('old'))).toEqual({
      kind: 'rolled-back',
      reason: 'circuit breaker: tasks failed to start',
    });
  });

  test('is rolled back when the service is steady on another task definition', () => {
    const steady = { ...view(deployment('agent:1', 'COMPLETED')), events: ['has reached a steady state.'] };
    expect(judge(NEW, steady, answers('old')).kind).toBe('rolled-back');
    expect(judge(NEW, steady, answers('new')).kind).toBe('rolled-back');
  });

  test('is rolled back when it is no longer primary, with the reason that ECS recorded', () => {
    const going = {
      ...view(
        deployment('agent:1', 'IN_PROGRESS'),
        deployment('agent:2', 'IN_PROGRESS', { isPrimary: false }),
      ),
      rollout: { status: 'ROLLBACK_IN_PROGRESS', reason: 'alarm lornu-staging-target-5xx' },
    };
    expect(judge(NEW, going, answers('old'))).toEqual({
      kind: 'rolled-back',
      reason: 'alarm lornu-staging-target-5xx',
    });
  });
});
