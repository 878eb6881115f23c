import { createEvent, isCompactedEvent } from '@google/adk';
import { expect, test } from 'bun:test';
import { nextTimestamp } from './ids.ts';
import { toPublicJson } from './redact.ts';
import { contentFromWire, fromWire, sessionJson, toFrameJson, toSessionJson, toWire } from './wire.ts';

// Printed by google-adk 2.13's API server; only ids and times were shortened.
const MODEL_CALL =
  '{"modelVersion":"a-model","content":{"parts":[{"text":"Looking. "},{"functionCall":{"id":"adk-1","args":{"city":"Oslo","snake_arg":1},"name":"get_time"},"thoughtSignature":"-_8A"}],"role":"model"},"partial":false,"finishReason":"STOP","usageMetadata":{"candidatesTokenCount":2,"promptTokenCount":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":5}],"totalTokenCount":7},"invocationId":"e-1","author":"demo","actions":{"stateDelta":{},"artifactDelta":{},"requestedAuthConfigs":{},"requestedToolConfirmations":{}},"nodeInfo":{"path":"demo@1"},"longRunningToolIds":[],"id":"bae503de","timestamp":1795422303.374961}';
const TOOL_ANSWER =
  '{"content":{"parts":[{"functionResponse":{"id":"adk-1","name":"get_time","response":{"the_time":null,"camelKey":{"snake_in":1}}}}],"role":"user"},"invocationId":"e-1","author":"demo","actions":{"stateDelta":{"user:lastCity":"Oslo","plain_key":{"aB_c":null,"l":[null,1]}},"artifactDelta":{"a.txt":0},"requestedAuthConfigs":{},"requestedToolConfirmations":{"adk-1":{"hint":"h","confirmed":false}}},"nodeInfo":{"path":"demo@1"},"id":"96de0583","timestamp":1795422548.321481}';
const USER_MESSAGE =
  '{"content":{"parts":[{"text":"hey"}],"role":"user"},"customMetadata":{"my_key":{"aB":1}},"invocationId":"e-5","author":"user","actions":{"stateDelta":{"q":1},"artifactDelta":{},"requestedAuthConfigs":{},"requestedToolConfirmations":{}},"nodeInfo":{"path":""},"id":"a4ecb402","timestamp":1795422549.50653}';

for (const [name, text] of Object.entries({ MODEL_CALL, TOOL_ANSWER, USER_MESSAGE }))
  test(`${name} survives wire to adk-js to wire, byte by byte`, () => {
    expect(JSON.stringify(toWire(fromWire(JSON.parse(text))))).toBe(text);
    expect(toFrameJson(fromWire(JSON.parse(text)))).toBe(text);
  });

test('an event of adk-js gets the fields that Python always prints', () => {
  const event = createEvent({ id: 'x', invocationId: 'e-1', author: 'demo', timestamp: 1795422303310.264 });
  event.longRunningToolIds = undefined;
  expect(JSON.stringify(toWire(event))).toBe(
    '{"invocationId":"e-1","author":"demo","actions":{"stateDelta":{},"artifactDelta":{},"requestedAuthConfigs":{},"requestedToolConfirmations":{}},"nodeInfo":{"path":""},"id":"x","timestamp":1795422303.310264}',
  );
});

test('both casings and both base64 alphabets are read; the keys of a user are left alone', () => {
  const content = contentFromWire({
    role: 'user',
    parts: [
      { inline_data: { mime_type: 'image/png', data: '-_8' } },
      { function_response: { id: 'adk-1', name: 'n', response: { snake_key: { aB: null } } } },
    ],
  });
  expect(content).toEqual({
    role: 'user',
    parts: [
      { inlineData: { mimeType: 'image/png', data: '+/8=' } },
      { functionResponse: { id: 'adk-1', name: 'n', response: { snake_key: { aB: null } } } },
    ],
  });
  const event = fromWire({
    invocation_id: 'e-1',
    author: 'user',
    actions: { state_delta: { a_b: { cD: 1 } } },
  });
  expect(event.invocationId).toBe('e-1');
  expect(event.actions.stateDelta).toEqual({ a_b: { cD: 1 } });
});

test('seconds keep their microseconds through milliseconds and back', () => {
  for (const seconds of [1795422303.374961, 1795422303.000001, 1795422303.999999, 1795422303]) {
    const event = fromWire({ author: 'user', timestamp: seconds });
    expect(toWire(event)['timestamp']).toBe(seconds);
  }
});

test('an event is stored at least a microsecond after the previous one, whatever the clock says', () => {
  expect(nextTimestamp(1000.5, 1000)).toBe(1000.5);
  expect(nextTimestamp(1000, 1000)).toBe(1000.001);
  expect(nextTimestamp(1000 - 3_600_000, 1000)).toBe(1000.001);
});

test('credential secrets and internal metadata are stored but never shown', () => {
  const event = fromWire({
    author: 'demo',
    id: 'x',
    customMetadata: { __adk_internal_restored_event: true, mine: 1 },
    content: {
      role: 'model',
      parts: [
        {
          functionCall: {
            name: 'adk_request_credential',
            args: {
              authConfig: {
                rawAuthCredential: { authType: 'oauth2', oauth2: { clientSecret: 's3cret', clientId: 'c' } },
              },
            },
          },
        },
      ],
    },
    actions: {
      requestedAuthConfigs: { 'adk-1': { exchangedAuthCredential: { authType: 'apiKey', apiKey: 'k3y' } } },
    },
  });
  expect(JSON.stringify(toWire(event))).toContain('s3cret');
  const shown = toFrameJson(event);
  expect(shown).not.toContain('s3cret');
  expect(shown).not.toContain('k3y');
  expect(shown).not.toContain('__adk_internal_');
  expect(shown).toContain('"customMetadata":{"mine":1}');
  expect(shown).toContain('"clientId":"c"');
});

test('a session is shown with its events and float seconds', () => {
  const session = {
    id: 's',
    appName: 'a',
    userId: 'u',
    state: { 'app:x': null },
    events: [],
    lastUpdateTime: 1500.25,
  };
  expect(toSessionJson(session)).toBe(
    '{"id":"s","appName":"a","userId":"u","state":{"app:x":null},"events":[],"lastUpdateTime":1.50025}',
  );
});

test('a session is sent event by event with the same text as in one piece, without secrets', () => {
  const events = ['one', 'two'].map((id) =>
    fromWire({
      id,
      author: 'user',
      customMetadata: { __adk_internal_x: 's3cret', mine: 1 },
      actions: { stateDelta: { credential: { authType: 'apiKey', apiKey: 'k3y', name: 'n' } } },
    }),
  );
  const state = { credential: { authType: 'apiKey', apiKey: 'k3y', name: 'n' } };
  const session = { id: 's', appName: 'a', userId: 'u', state, events, lastUpdateTime: 1500.25 };
  expect([...sessionJson(session)].length).toBe(4);
  expect(toSessionJson(session)).toBe(
    toPublicJson({ ...session, events: events.map(toWire), lastUpdateTime: 1.50025 }),
  );
  expect(toSessionJson(session)).not.toMatch(/s3cret|k3y/);
});

test("a summary of older events has Python ADK's form in the store and adk-js's in a turn", () => {
  const stored =
    '{"invocationId":"e-1","author":"user","actions":{"stateDelta":{},"artifactDelta":{},"requestedAuthConfigs":{},"requestedToolConfirmations":{},"compaction":{"startTimestamp":1795422303.5,"endTimestamp":1795422304.000001,"compactedContent":{"parts":[{"text":"They talked."}],"role":"model"}}},"nodeInfo":{"path":""},"id":"c","timestamp":1795422305}';
  const event = fromWire(JSON.parse(stored));
  expect(isCompactedEvent(event) && [event.startTime, event.endTime, event.compactedContent]).toEqual([
    1795422303500,
    1795422304000.001,
    'They talked.',
  ]);
  expect(JSON.stringify(toWire(event))).toBe(stored);
});

test.each([
  [{ parts: [null, { text: 'hey' }, 'x', 1] }, { parts: [{ text: 'hey' }] }],
  [{ role: 'user', parts: '[]' }, { role: 'user' }],
  [{ parts: [{ functionCall: true, text: 'hey' }] }, { parts: [{ text: 'hey' }] }],
  ['hey', undefined],
])('content that another writer stored in another shape, %j, is read as far as it fits', (wire, content) => {
  expect(fromWire({ author: 'user', content: wire }).content).toEqual(content as never);
});

const SECRET = { apiKey: 's3cret', clientSecret: 's3cret' };
test.each([
  { authType: 'oauth2', oauth2: SECRET },
  { auth_type: 'OAUTH2', oauth2: SECRET },
  { name: 'adk_request_credential', args: SECRET },
  { rawAuthCredential: SECRET },
  { exchanged_auth_credential: SECRET },
  { requestedAuthConfigs: { a: SECRET } },
  { requested_auth_configs: { a: SECRET } },
  { customMetadata: { __adk_internal_a: 's3cret' } },
])('no secret is shown of %j', (value) => {
  expect(toPublicJson([value])).not.toContain('s3cret');
});
