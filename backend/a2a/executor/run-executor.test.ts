import { expect, test } from 'bun:test';
import { Role, TaskState } from '@a2a-js/sdk';
import { type AgentExecutionEvent, DefaultExecutionEventBus, RequestContext } from '@a2a-js/sdk/server';
import { AppError } from '../../errors/app-error.ts';
import { LOCAL_PRINCIPAL } from '../../identity/principal.ts';
import { oneByOne, type Frame, type Run, type RunState } from '../../runs/run.ts';
import { noTokens } from '../../runs/token-use.ts';
import { callContextOf } from '../caller.ts';
import { RunExecutor } from './run-executor.ts';

/** A run whose listeners are cut off, as they are while the store does not answer. */
async function* cut(): AsyncGenerator<Frame[], void> {
  yield [{ index: 0, kind: 'event', json: '{"partial":true,"content":{"parts":[{"text":"1"}]}}' }];
  throw new AppError('STORE_UNAVAILABLE');
}
const cutRun = (state: RunState): Run => ({
  id: 'r',
  invocationId: 'e',
  state,
  batches: cut,
  frames: () => oneByOne(cut()),
  firstFrame: Promise.resolve(),
  ended: Promise.resolve(),
  tokens: noTokens(),
  isFault: false,
});

async function execute(run: Run): Promise<{ outcome: unknown; states: (TaskState | undefined)[] }> {
  const executor = new RunExecutor({
    appName: 'lornu',
    startTurn: async () => run,
    runs: { list: async () => [], cancel: () => Promise.reject(new Error('not asked for')) },
    sessions: { createSession: () => Promise.reject(new Error('not asked for')) },
    loadFile: async () => undefined,
    now: () => 0,
  });
  const message = {
    messageId: 'm',
    role: Role.ROLE_USER,
    parts: [
      {
        content: { $case: 'text' as const, value: 'hello' },
        mediaType: '',
        filename: '',
        metadata: undefined,
      },
    ],
    contextId: 'c',
    taskId: 't',
    extensions: [],
    referenceTaskIds: [],
    metadata: undefined,
  };
  const request = { message, configuration: undefined, metadata: undefined, tenant: '' };
  const bus = new DefaultExecutionEventBus();
  const events: AgentExecutionEvent[] = [];
  bus.on('event', (event) => events.push(event));
  const context = new RequestContext(request, 't', 'c', callContextOf(LOCAL_PRINCIPAL, '1.0'));
  const outcome = await executor.execute(context, bus).then(
    () => 'resolved',
    (error: unknown) => error instanceof AppError && error.code,
  );
  const states = events.flatMap((event) =>
    event.kind === 'task' || event.kind === 'statusUpdate' ? [event.data.status?.state] : [],
  );
  return { outcome, states };
}

test('a task whose run goes on is not failed because the store did not answer its listener', async () => {
  expect(await execute(cutRun('running'))).toEqual({
    outcome: 'resolved',
    states: [TaskState.TASK_STATE_WORKING],
  });
});

test('a run that has ended and cannot be read is an error', async () => {
  expect((await execute(cutRun('completed'))).outcome).toBe('STORE_UNAVAILABLE');
});
