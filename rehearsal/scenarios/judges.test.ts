import { describe, expect, test } from 'bun:test';
import type { StreamPart } from '@lornu/ops/verify/conversation.ts';
import { judgeBadImage } from './bad-image.ts';
import { judgeFailingImage } from './failing-image.ts';
import { judgeKilled } from './killed-task.ts';
import { judgeRollOut } from './roll-out.ts';
import { judgeDeploy } from './rolling-deploy.ts';
import { countedTo, faultOf } from './steadfast-turn.ts';

const watch = { looks: 10, revisions: { old: 4, new: 6 }, failures: [] as string[] };
const completed = { outcome: 'completed' as const, taskDefinition: 'agent:2', elapsedMs: 9_000 };
const rolledBack = {
  outcome: 'rolled back' as const,
  taskDefinition: 'agent:3',
  elapsedMs: 9_000,
  reason: 'tasks failed to start',
};

describe('a rolling deploy', () => {
  const good = {
    rollOut: completed,
    faults: [undefined, undefined],
    running: 2,
    troubles: 1,
    watch,
    wanted: 'new',
  };
  test('passes if nothing was lost and the new version came', () => {
    expect(judgeDeploy(good)).toMatchObject({
      outcome: 'passed',
      seen: expect.stringContaining('2 of 2 streams whole'),
    });
  });
  const broken = {
    'a lost stream': { ...good, faults: [undefined, 'frame 5 came after 3'] },
    'streams that had all ended before': { ...good, running: 0 },
    'a moment without an answer': { ...good, watch: { ...watch, failures: ['answered 503'] } },
    'a new version that never answered': { ...good, watch: { ...watch, revisions: { old: 10 } } },
    'a rollback': { ...good, rollOut: rolledBack },
  };
  for (const [name, seen] of Object.entries(broken))
    test(`fails with ${name}`, () => expect(judgeDeploy(seen).outcome).toBe('failed'));
});

describe('a bad image', () => {
  const good = { rollOut: rolledBack, before: 'old', watch: { ...watch, revisions: { old: 10 } } };
  test('passes if it was rolled back and only the earlier version answered', () => {
    expect(judgeBadImage(good)).toMatchObject({
      outcome: 'passed',
      seen: expect.stringContaining('tasks failed to start'),
    });
  });
  const broken = {
    'a green deploy': { ...good, rollOut: completed },
    'an answer of the bad one': { ...good, watch },
    'a moment without an answer': { ...good, watch: { ...good.watch, failures: ['answered 502'] } },
    'nobody who looked': { ...good, watch: { looks: 0, revisions: {}, failures: [] } },
  };
  for (const [name, seen] of Object.entries(broken))
    test(`fails with ${name}`, () => expect(judgeBadImage(seen).outcome).toBe('failed'));
});

describe('an image that fails its turns', () => {
  const good = {
    rollOut: { ...rolledBack, reason: 'alarm detected' },
    alarms: { 'target-5xx': 'Threshold Crossed' },
    answers: { 200: 10, 500: 30 },
    afterwards: [200, 200],
    before: 'old',
    after: 'old',
    watch,
  };
  test('passes if an alarm rolled it back and turns are answered again', () => {
    expect(judgeFailingImage(good)).toMatchObject({
      outcome: 'passed',
      seen: expect.stringContaining('target-5xx: Threshold Crossed'),
    });
  });
  const broken = {
    'a green deploy': { ...good, rollOut: completed },
    'a rollback without an alarm': { ...good, alarms: {} },
    'a load that met no error': { ...good, answers: { 200: 40 } },
    'a turn that fails afterwards': { ...good, afterwards: [200, 500] },
    'nobody who asked afterwards': { ...good, afterwards: [] },
    'the bad version still there': { ...good, after: 'new' },
    'a moment without an answer': { ...good, watch: { ...watch, failures: ['answered 502'] } },
  };
  for (const [name, seen] of Object.entries(broken))
    test(`fails with ${name}`, () => expect(judgeFailingImage(seen).outcome).toBe('failed'));
});

describe('a killed task', () => {
  const pauses = { moved: 1, continuedMs: 3_200, movedMs: 3_600, othersMs: 400, heldMs: 3_000 };
  const good = { faults: [undefined, undefined], troubles: 2, replacedAfterMs: 4_000, pauses };
  test('passes if it was replaced and its turns are whole', () => {
    expect(judgeKilled(good)).toMatchObject({
      outcome: 'passed',
      seen: expect.stringContaining('replaced after 4.0 s'),
    });
  });
  const broken = {
    'a lost turn': { ...good, faults: [undefined, 'given up: attach 404'] },
    'no connection that was lost, so nothing was tried': { ...good, troubles: 0 },
    'nothing in its place': { ...good, replacedAfterMs: undefined },
    'no turn that was taken over': { ...good, pauses: { ...pauses, moved: 0 } },
    'a pause longer than promised': { ...good, pauses: { ...pauses, movedMs: 6_700 } },
  };
  for (const [name, seen] of Object.entries(broken))
    test(`fails with ${name}`, () => expect(judgeKilled(seen).outcome).toBe('failed'));
});

describe('a rollout', () => {
  const deployment = (
    taskDefinition: string,
    status: string,
    rolloutState: 'COMPLETED' | 'IN_PROGRESS' | 'FAILED',
  ) => ({
    taskDefinition,
    status,
    rolloutState,
  });
  test('is waited for until ECS reports one as completed', () => {
    const under = [deployment('a:2', 'PRIMARY', 'IN_PROGRESS'), deployment('a:1', 'ACTIVE', 'COMPLETED')];
    expect(judgeRollOut(under, 'a:2')).toBeUndefined();
    expect(judgeRollOut([], 'a:2')).toBeUndefined();
  });
  test('is only completed on the wanted task definition', () => {
    expect(judgeRollOut([deployment('a:2', 'PRIMARY', 'COMPLETED')], 'a:2')).toBe('completed');
    const back = [deployment('a:1', 'PRIMARY', 'COMPLETED'), deployment('a:2', 'INACTIVE', 'FAILED')];
    expect(judgeRollOut(back, 'a:2')).toBe('rolled back');
  });
});

describe('a turn', () => {
  const frame = (index: number, text: string, partial = true): StreamPart => ({
    kind: 'frame',
    id: `run:${index}`,
    index,
    atMs: 0,
    event: { partial, content: { parts: [{ text }] } },
  });
  const end = (text: string): StreamPart => ({ kind: 'comment', text, atMs: 0 });
  const whole = [frame(0, '1'), frame(1, ' 2'), frame(2, '1 2', false), end('run completed')];
  const fault = (parts: StreamPart[], gaveUp?: string) =>
    faultOf({ parts, troubles: 0, ...(gaveUp ? { gaveUp } : {}) }, countedTo(2));

  test('is whole if every frame came once and every word is there', () => {
    expect(fault(whole)).toBeUndefined();
  });
  test('is complete if a complete event is shown again, and not if there are two events', () => {
    const complete = (index: number, id: string): StreamPart => {
      const one = frame(index, '1 2', false);
      return one.kind === 'frame' ? { ...one, event: { ...one.event, id } } : one;
    };
    const again = (id: string) => [complete(0, 'e1'), complete(1, id), end('run completed')];
    expect(fault(again('e1'))).toBeUndefined();
    expect(fault(again('e2'))).toContain('it says "1 21 2"');
  });
  test('is not if a frame or a word is lost or repeated, or it did not end well', () => {
    expect(fault([frame(0, '1'), frame(2, '1 2', false), end('run completed')])).toContain(
      'frame 2 came after 0',
    );
    expect(fault([frame(1, '1'), ...whole.slice(2)])).toContain('frame 1 came after none');
    expect(fault([frame(0, '1'), frame(0, '1'), ...whole.slice(1)])).toContain('frame 0 came after 0');
    expect(fault([frame(0, '1'), frame(1, '1 2 2', false), end('run completed')])).toContain(
      'it says "1 2 2',
    );
    expect(fault([...whole.slice(0, 3), end('run interrupted')])).toContain('interrupted');
    expect(fault(whole.slice(0, 3))).toContain('nothing');
    expect(fault(whole, 'attach 404')).toContain('given up: attach 404');
  });
});
