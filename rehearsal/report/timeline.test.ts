import { expect, test } from 'bun:test';
import type { RunnerEvent, TaskEvent } from '../tasks/task-event.ts';
import { renderTimeline } from './render-timeline.ts';
import { toTimeline } from './timeline.ts';

const event = (atMs: number, what: TaskEvent['what'], taskId = 'a', detail?: string): RunnerEvent => ({
  atMs,
  what,
  taskId,
  deploymentId: 'ecs-svc/1',
  taskDefinition: 'agent:1',
  address: '127.0.0.2',
  ...(detail ? { detail } : {}),
});
const said = (atMs: number, message: string): RunnerEvent => ({ atMs, what: 'service', message });

const LIFE: RunnerEvent[] = [
  event(0, 'provisioning'),
  event(1, 'started'),
  event(2, 'registered'),
  event(3, 'running'),
  event(10, 'healthy'),
  said(12, 'has reached a steady state.'),
  event(20, 'draining'),
  event(30, 'drained'),
  event(30, 'sigterm'),
  event(35, 'stopped', 'a', 'Scaling activity (exit code 0)'),
];

test('a task is a row of its phases, from its first event to its end', () => {
  const { rows, messages } = toTimeline(LIFE, 0, 100);
  expect(rows).toEqual([
    {
      taskId: 'a',
      taskDefinition: 'agent:1',
      end: 'Scaling activity (exit code 0)',
      segments: [
        { phase: 'starting', fromMs: 0, toMs: 10 },
        { phase: 'healthy', fromMs: 10, toMs: 20 },
        { phase: 'draining', fromMs: 20, toMs: 30 },
        { phase: 'stopping', fromMs: 30, toMs: 35 },
      ],
    },
  ]);
  expect(messages).toEqual([{ atMs: 12, text: 'has reached a steady state.' }]);
});

test('a window contains what happened in it, cut at its borders', () => {
  expect(toTimeline(LIFE, 15, 25).rows).toEqual([
    {
      taskId: 'a',
      taskDefinition: 'agent:1',
      segments: [
        { phase: 'healthy', fromMs: 15, toMs: 20 },
        { phase: 'draining', fromMs: 20, toMs: 25 },
      ],
    },
  ]);
  expect(toTimeline(LIFE, 40, 50).rows).toEqual([]);
});

test('a running task is drawn to the end of the window; one that never got healthy says so', () => {
  const events = [event(0, 'provisioning', 'b'), event(5, 'unhealthy', 'b'), event(8, 'unhealthy', 'b')];
  expect(toTimeline(events, 0, 20).rows[0]?.segments).toEqual([
    { phase: 'starting', fromMs: 0, toMs: 5 },
    { phase: 'unhealthy', fromMs: 5, toMs: 20 },
  ]);
});

test('the drawing has a bar per phase, a mark per message and an end, with everything escaped', () => {
  const drawn = renderTimeline(toTimeline([...LIFE, said(40, 'deployment <1> failed')], 0, 100));
  expect(drawn.match(/class="bar /g)).toHaveLength(4);
  expect(drawn.match(/class="mark"/g)).toHaveLength(2);
  expect(drawn.match(/class="end"/g)).toHaveLength(1);
  expect(drawn).toContain('deployment &lt;1&gt; failed');
  expect(renderTimeline(toTimeline([], 0, 1))).toContain('No task ran');
});
