import { describe, expect, test } from 'bun:test';
import { type Artifact, type Part, TaskState } from '@a2a-js/sdk';
import { AgentEvent, type AgentExecutionEvent } from '@a2a-js/sdk/server';
import type { EndState } from '../../runs/run.ts';
import { applyEvent, joinChunks } from '../tasks/apply-event.ts';
import { RunTranslator } from './run-translator.ts';

const IDS = { taskId: 't', contextId: 'c', runId: 'r', mayConfirm: true, now: () => 0 };

const partial = (...parts: object[]) => ({ partial: true, content: { parts } });
const whole = (...parts: object[]) => ({ content: { parts } });

/** The A2A events of a run with these frames; a string stands for an error frame with that message. */
function eventsOf(
  frames: (object | string)[],
  state: EndState = 'completed',
  options: Partial<typeof IDS> = {},
): AgentExecutionEvent[] {
  const translator = new RunTranslator({ ...IDS, ...options });
  const events = frames.flatMap((frame) =>
    typeof frame === 'string'
      ? translator.take({
          kind: 'error',
          json: JSON.stringify({ error_details: { error_message: frame } }),
        })
      : translator.take({ kind: 'event', json: JSON.stringify(frame) }),
  );
  return [...events, ...translator.end(state)];
}

const textOf = (parts: readonly Part[] = []) =>
  parts.map(({ content }) => (content?.$case === 'text' ? content.value : `<${content?.$case}>`)).join('|');

/** Shows each artifact update as `+text` (appended) or `=text` (replaced), with `!` if it is the last chunk. */
const shown = (events: AgentExecutionEvent[]) =>
  events.flatMap((event) =>
    event.kind === 'artifactUpdate'
      ? `${event.data.append ? '+' : '='}${textOf(event.data.artifact?.parts)}${event.data.lastChunk ? '!' : ''}`
      : [],
  );

const last = (events: AgentExecutionEvent[]) => {
  const event = events.at(-1);
  if (event?.kind !== 'statusUpdate') throw new Error('The last event is no status.');
  return { state: event.data.status?.state, text: textOf(event.data.status?.message?.parts) };
};

/** The artifacts after all events are applied. */
function answerOf(events: AgentExecutionEvent[]): Artifact[] {
  let task = applyEvent(
    undefined,
    AgentEvent.task({
      id: 't',
      contextId: 'c',
      status: { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: '' },
      artifacts: [],
      history: [],
      metadata: undefined,
    }),
  );
  for (const event of events) task = applyEvent(task, event);
  return task?.artifacts ?? [];
}

describe('the answer of a run', () => {
  test('begins with a chunk that is not appended, and ends with the whole', () => {
    const events = eventsOf([
      partial({ text: 'one ' }),
      partial({ text: 'two' }),
      whole({ text: 'one two' }),
    ]);
    expect(shown(events)).toEqual(['=one ', '+two', '=one two!']);
    expect(last(events)).toEqual({ state: TaskState.TASK_STATE_COMPLETED, text: '' });
  });

  test('is sent in fewer chunks where several are sent at the same time', () => {
    const events = eventsOf([
      partial({ text: 'one ' }),
      partial({ text: 'two' }),
      whole({ text: 'one two' }),
      partial({ text: 'three' }),
    ]);
    const joined = joinChunks(events);
    expect(shown(joined)).toEqual(['=one twothree', '=one two|three!']);
    expect(answerOf(joined)).toEqual(answerOf(events));
    expect(last(joined)).toEqual(last(events));
    const replaced = eventsOf([
      partial({ text: 'secret' }),
      whole({ text: 'hidden' }),
      partial({ text: '!' }),
    ]);
    expect(shown(joinChunks(replaced))).toEqual(['=secret', '=hidden!', '=hidden|!!']);
  });

  test('is sent in one piece where it was not streamed', () => {
    expect(shown(eventsOf([whole({ text: 'one' })]))).toEqual(['=one', '=one!']);
  });

  test('replaces the streamed pieces at once where a plugin changed the text', () => {
    const events = eventsOf([partial({ text: 'secret' }), whole({ text: 'hidden' })]);
    expect(shown(events)).toEqual(['=secret', '=hidden', '=hidden!']);
    expect(shown(eventsOf([partial({ text: 'secret' }), whole()]))).toEqual(['=secret', '=', '=!']);
  });

  test('is one artifact, however many events it has', () => {
    const events = eventsOf([
      partial({ text: 'I look.' }),
      whole({ text: 'I look.' }, { functionCall: { id: '1', name: 'look', args: {} } }),
      whole({ functionResponse: { id: '1', name: 'look', response: {} } }),
      partial({ text: 'Found.' }),
      whole({ text: 'Found.' }),
    ]);
    expect(shown(events)).toEqual(['=I look.', '+Found.', '=I look.|Found.!']);
    expect(answerOf(events)).toMatchObject([{ artifactId: 'r' }]);
  });

  test('holds no thoughts and no calls', () => {
    const events = eventsOf([
      partial({ text: 'hm', thought: true }),
      whole({ text: 'hm', thought: true }, { functionCall: { id: '1', name: 'look' } }),
      whole({ text: 'Yes.' }),
    ]);
    expect(shown(events)).toEqual(['=Yes.', '=Yes.!']);
  });

  test('keeps what was shown when its run was cancelled', () => {
    const events = eventsOf([partial({ text: 'one ' }), partial({ text: 'two' })], 'cancelled');
    expect(shown(events).at(-1)).toBe('=one two!');
    expect(last(events).state).toBe(TaskState.TASK_STATE_CANCELED);
  });

  test('turns bytes and addresses into file parts', () => {
    const parts = [
      { inlineData: { data: '-_8=', mimeType: 'image/png' } },
      { fileData: { fileUri: 'gs://b/o' } },
    ];
    const [artifact] = answerOf(eventsOf([whole({ text: 'See.' }, ...parts)]));
    expect(textOf(artifact?.parts)).toBe('See.|<raw>|<url>');
    const raw = artifact?.parts[1]?.content;
    expect(raw?.$case === 'raw' && [...raw.value]).toEqual([0xfb, 0xff]);
  });

  test('is the same for a client that applies the pieces and one that reads the task later', () => {
    const frames = [
      partial({ text: 'a' }),
      partial({ text: 'b' }),
      whole({ text: 'ab' }),
      whole({ text: 'c' }),
    ];
    expect(answerOf(eventsOf(frames))).toEqual(
      answerOf(eventsOf([whole({ text: 'ab' }), whole({ text: 'c' })])),
    );
  });
});

describe('the end of a run', () => {
  test.each([
    ['failed', TaskState.TASK_STATE_FAILED],
    ['interrupted', TaskState.TASK_STATE_FAILED],
    ['cancelled', TaskState.TASK_STATE_CANCELED],
    ['completed', TaskState.TASK_STATE_COMPLETED],
  ] as const)('%s is state %p', (state, expected) => {
    expect(last(eventsOf([], state)).state).toBe(expected);
  });

  test('names the cause of a failure, from the error frame or the event', () => {
    expect(last(eventsOf(['The model is overloaded.'], 'failed')).text).toBe('The model is overloaded.');
    const event = { errorCode: 'INTERRUPTED', errorMessage: 'It took too long.' };
    expect(last(eventsOf([event], 'interrupted')).text).toBe('It took too long.');
    expect(last(eventsOf([], 'failed')).text).toBe('The agent could not finish this task.');
  });
});

describe('a question', () => {
  const asked = (name: string, args: object) => ({
    longRunningToolIds: ['q'],
    content: { parts: [{ functionCall: { id: 'q', name, args } }] },
  });
  const confirm = asked('adk_request_confirmation', {
    originalFunctionCall: { name: 'delete_notes' },
    toolConfirmation: { hint: '' },
  });

  test('asks for confirmation in words, and as data that ADK clients know', () => {
    const events = eventsOf([confirm]);
    expect(last(events)).toEqual({
      state: TaskState.TASK_STATE_INPUT_REQUIRED,
      text: 'May delete_notes be run?|<data>',
    });
    const event = events.at(-1);
    const data = event?.kind === 'statusUpdate' ? event.data.status?.message?.parts[1] : undefined;
    expect(data).toMatchObject({
      content: { value: { id: 'q', name: 'adk_request_confirmation' } },
      metadata: { adk_type: 'function_call', adk_is_long_running: true },
    });
  });

  test('says who can answer, where its caller may not', () => {
    expect(last(eventsOf([confirm], 'completed', { mayConfirm: false })).text).toContain(
      'A person who uses this service',
    );
  });

  test('has a state of its own for signing in, and uses its own words when it asks for input', () => {
    expect(last(eventsOf([asked('adk_request_credential', {})])).state).toBe(
      TaskState.TASK_STATE_AUTH_REQUIRED,
    );
    expect(last(eventsOf([asked('adk_request_input', { message: 'Which city?' })]))).toEqual({
      state: TaskState.TASK_STATE_INPUT_REQUIRED,
      text: 'Which city?|<data>',
    });
  });

  test('is not asked by a run that failed', () => {
    expect(last(eventsOf([confirm, 'It broke.'], 'failed')).state).toBe(TaskState.TASK_STATE_FAILED);
  });
});

describe('an answer that the model ended early', () => {
  test('fails the task and says why, where there is no text at all', () => {
    for (const [event, text] of [
      [{ errorCode: 'MALFORMED_FUNCTION_CALL' }, 'The model called a tool in a way that cannot be read.'],
      [{ errorCode: 'OTHER' }, 'The model ended its answer early: OTHER.'],
      [{ errorCode: 'constructor' }, 'The model ended its answer early: constructor.'],
      [{ errorCode: 'MODEL_RETURNED_NO_CONTENT', errorMessage: 'Nothing.' }, 'Nothing.'],
    ] as const)
      expect(last(eventsOf([event]))).toEqual({ state: TaskState.TASK_STATE_FAILED, text });
  });

  test('completes the task where there is some text, and says what is missing', () => {
    const events = eventsOf([
      partial({ text: 'I be' }),
      { ...whole({ text: 'I be' }), errorCode: 'MAX_TOKENS' },
    ]);
    expect(last(events)).toEqual({
      state: TaskState.TASK_STATE_COMPLETED,
      text: 'The answer reached the longest length allowed: its end is missing.',
    });
  });

  test('is superseded by a later answer', () => {
    const events = eventsOf([{ errorCode: 'MALFORMED_FUNCTION_CALL' }, whole({ text: 'Here.' })]);
    expect(last(events)).toEqual({ state: TaskState.TASK_STATE_COMPLETED, text: '' });
  });
});
