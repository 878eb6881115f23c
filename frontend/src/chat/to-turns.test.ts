import { expect, test } from 'bun:test';
import type { AdkEvent, Part } from '../api/types.ts';
import { toTurns } from './to-turns.ts';
import type { ToolItem } from './turn.ts';

let count = 0;
const event = (author: string, parts: Part[], extra: Partial<AdkEvent> = {}): AdkEvent => ({
  id: `e${++count}`,
  invocationId: 'i1',
  author,
  content: { role: author === 'user' ? 'user' : 'model', parts },
  ...extra,
});
const said = (text: string, invocationId = 'i1'): AdkEvent => event('user', [{ text }], { invocationId });
const toolOf = (events: AdkEvent[]): ToolItem | undefined =>
  toTurns(events)[0]?.items.find((item): item is ToolItem => item.kind === 'tool');

const call = event('lornu', [{ functionCall: { id: 'c1', name: 'restart', args: { task: 'a' } } }]);
const request = event('lornu', [
  {
    functionCall: {
      id: 'c2',
      name: 'adk_request_confirmation',
      args: {
        originalFunctionCall: { id: 'c1', name: 'restart', args: { task: 'a' } },
        toolConfirmation: { hint: 'Sure?' },
      },
    },
  },
]);
const placeholder = event('lornu', [
  {
    functionResponse: {
      id: 'c1',
      name: 'restart',
      response: { error: 'This tool call requires confirmation' },
    },
  },
]);
const answer = (response: Record<string, unknown>): AdkEvent =>
  event('user', [{ functionResponse: { id: 'c2', name: 'adk_request_confirmation', response } }], {
    invocationId: 'i2',
  });
const result = event(
  'lornu',
  [{ functionResponse: { id: 'c1', name: 'restart', response: { restarted: true } } }],
  {
    invocationId: 'i2',
  },
);

test('a person’s message begins a turn, and the answer belongs to it', () => {
  const turns = toTurns([
    said('one'),
    event('lornu', [{ text: 'uno' }]),
    said('two', 'i2'),
    event('lornu', [{ text: 'dos' }]),
  ]);
  expect(turns.map((turn) => [turn.user?.text, turn.items.length])).toEqual([
    ['one', 1],
    ['two', 1],
  ]);
});

test('a tool call runs until its result is there', () => {
  expect(toolOf([said('go'), call])).toMatchObject({
    state: 'running',
    name: 'restart',
    args: { task: 'a' },
  });
  expect(toolOf([said('go'), call, result])).toMatchObject({ state: 'done', response: { restarted: true } });
});

test('a result with an error is a failed call', () => {
  const failed = event('lornu', [
    { functionResponse: { id: 'c1', name: 'restart', response: { error: 'no' } } },
  ]);
  expect(toolOf([said('go'), call, failed])?.state).toBe('failed');
});

test('a confirmation waits in its tool call, and the placeholder is not its result', () => {
  const tool = toolOf([said('go'), call, request, placeholder]);
  expect(tool).toMatchObject({ state: 'waiting', confirmation: { callId: 'c2', hint: 'Sure?' } });
  expect(tool?.response).toBeUndefined();
});

test('an approved call continues in the same turn, whatever invocation ADK gives it', () => {
  const events = [said('go'), call, request, placeholder, answer({ confirmed: true })];
  expect(toolOf(events)?.state).toBe('running');
  expect(toTurns([...events, result])).toHaveLength(1);
  expect(toolOf([...events, result])).toMatchObject({ state: 'done', response: { restarted: true } });
});

test('a declined call stays declined, whatever ADK answers to it', () => {
  expect(
    toolOf([said('go'), call, request, placeholder, answer({ confirmed: false }), placeholder])?.state,
  ).toBe('declined');
});

test('a confirmation given as JSON text, as ADK’s own page sends it, is read too', () => {
  expect(toolOf([said('go'), call, request, answer({ response: '{"confirmed":true}' })])?.state).toBe(
    'running',
  );
  expect(toolOf([said('go'), call, request, answer({ response: 'yes' })])?.state).toBe('declined');
});

test('a rewind removes the turn that it names and everything after it', () => {
  const rewind: AdkEvent = {
    id: 'r',
    author: 'user',
    invocationId: 'i3',
    actions: { rewindBeforeInvocationId: 'i2' },
  };
  const turns = toTurns([said('one'), said('two', 'i2'), rewind, said('three', 'i4')]);
  expect(turns.map((turn) => turn.user?.text)).toEqual(['one', 'three']);
});

test('a turn knows its invocation as soon as the service has answered', () => {
  const mine: AdkEvent = { id: 'local-1', author: 'user', content: { parts: [{ text: 'one' }] } };
  expect(toTurns([mine])[0]?.invocationId).toBeUndefined();
  expect(toTurns([mine, event('lornu', [{ text: 'uno' }])])[0]?.invocationId).toBe('i1');
});

test('artifacts, transfers, failures and interruptions are shown where they happened', () => {
  const [turn] = toTurns([
    said('go'),
    event('lornu', [{ functionCall: { name: 'transfer_to_agent', args: { agent_name: 'planner' } } }]),
    event('planner', [{ text: 'Here' }], { actions: { artifactDelta: { 'a/b.svg': 2 } } }),
    event('planner', [], { errorCode: 'SAFETY', errorMessage: 'stopped' }),
    event('planner', [{ text: 'Half' }], { interrupted: true }),
  ]);
  expect(turn?.items.map((item) => item.kind)).toEqual([
    'handover',
    'text',
    'artifact',
    'error',
    'text',
    'interrupted',
  ]);
  expect(turn?.items[2]).toMatchObject({ filename: 'a/b.svg', version: 2 });
});

test('a state change without text, as ADK’s PATCH writes it, shows nothing', () => {
  const patch: AdkEvent = { id: 'p', author: 'user', invocationId: 'p-1', actions: { stateDelta: { a: 1 } } };
  expect(toTurns([said('one'), patch])).toHaveLength(1);
});

test('text cut off by a takeover continues where it stopped, as one text', () => {
  const [turn] = toTurns([
    said('go'),
    event('lornu', [{ text: 'one tw' }], { interrupted: true }),
    event('lornu', [{ text: 'o three' }]),
  ]);
  expect(turn?.items).toMatchObject([{ kind: 'text', text: 'one two three', streaming: false }]);
});

test('executed code, its output, and files of every kind are shown', () => {
  const audio = { mimeType: 'audio/wav', data: 'UklGRg==' };
  const file = { fileUri: 'gs://bucket/report.pdf', mimeType: 'application/pdf' };
  const [turn] = toTurns([
    { ...said('look'), content: { parts: [{ text: 'look' }, { fileData: file }] } },
    event('lornu', [
      { executableCode: { code: 'print(1)', language: 'PYTHON' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
      { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'no' } },
      { inlineData: audio },
      { fileData: file },
    ]),
  ]);
  expect(turn?.user?.files).toEqual([file]);
  expect(turn?.items).toMatchObject([
    { kind: 'code', author: 'lornu', code: 'print(1)', language: 'python' },
    { kind: 'code-result', output: '1\n', failed: false },
    { kind: 'code-result', output: 'no', failed: true },
    { kind: 'media', media: audio },
    { kind: 'file', file },
  ]);
});

test('a message that is only a file begins a turn', () => {
  const alone: AdkEvent = {
    id: 'f',
    author: 'user',
    content: { parts: [{ fileData: { fileUri: 'gs://bucket/a' } }] },
  };
  expect(toTurns([said('one'), alone])).toHaveLength(2);
});
