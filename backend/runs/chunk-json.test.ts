import { LlmAgent, type Event } from '@google/adk';
import { expect, test } from 'bun:test';
import { PartialEvents } from '../turn/partial-events.ts';
import { ChunkJson } from './chunk-json.ts';
import { toFrameJson } from '../events/wire.ts';

const root = new LlmAgent({ name: 'root', subAgents: [new LlmAgent({ name: 'sub' })] });
const partials = new PartialEvents('e-1', root);

function chunk(part: object, more: object = {}, author = 'root'): Event {
  const event = partials.toEvent(
    { content: { role: 'model', parts: [part] }, partial: true, ...more },
    author,
  );
  return Object.assign(event, { id: 'one', timestamp: 1_700_000_000_123.456 });
}

test('is what toFrameJson makes of the same chunks, also if author, branch, id and the model fields change', () => {
  const json = new ChunkJson();
  const chunks = [
    chunk({ text: 'a' }),
    chunk({ text: '"quoted"\n\u2028', thought: true }, { usageMetadata: { totalTokenCount: 3 } }),
    chunk({ text: 'b' }, { finishReason: 'STOP', customMetadata: { note: 1 } }),
    chunk({ text: 'c' }, { longRunningToolIds: [] }),
    chunk({ text: 'd' }, {}, 'sub'),
    Object.assign(chunk({ text: 'e' }, {}, 'sub'), { branch: 'x.y' }),
    Object.assign(chunk({ text: 'f' }, {}, 'sub'), { id: 'two' }),
    chunk({ text: 'g' }),
  ];
  expect(chunks.map((event) => json.of(event))).toEqual(chunks.map((event) => toFrameJson(event)));
});

test('is nothing for what callers may not see, for complete events and for actions that may still change', () => {
  const json = new ChunkJson();
  const secret = { name: 'adk_request_credential', args: { apiKey: 's' } };
  expect(json.of(chunk({ functionCall: secret }))).toBeUndefined();
  expect(json.of(chunk({ text: 'a' }, { customMetadata: { __adk_internal_x: 1 } }))).toBeUndefined();
  expect(json.of(chunk({ text: 'a' }, { partial: false }))).toBeUndefined();
  const { actions, ...event } = chunk({ text: 'a' });
  expect(json.of({ ...event, actions: { ...actions } })).toBeUndefined();
});
