import { type ContractCase, single } from '../case.ts';

const parts = [{ text: 'hello' }];
const turn = { appName: 'probe', userId: 'u', sessionId: 'none', newMessage: { role: 'user', parts } };
const without = (field: string) =>
  Object.fromEntries(Object.entries(turn).filter(([name]) => name !== field));

const TURNS: [string, unknown][] = [
  ['an unknown session', turn],
  ['an unknown app', { ...turn, appName: 'nobody' }],
  ['an internal app', { ...turn, appName: '__internal' }],
  ['no app', without('appName')],
  ['no user', without('userId')],
  ['no session', without('sessionId')],
  ['nothing', {}],
  ['a list', []],
  ['null', null],
  ['a number', 7],
  ['a number for a user', { ...turn, userId: 7 }],
  ['null for a session', { ...turn, sessionId: null }],
  ['a string for streaming', { ...turn, streaming: 'perhaps' }],
  ['"true" for streaming', { ...turn, streaming: 'true' }],
  ['a string for a message', { ...turn, newMessage: 'hello' }],
  ['a list for a message', { ...turn, newMessage: [] }],
  ['a string for parts', { ...turn, newMessage: { role: 'user', parts: 'hello' } }],
  ['a string for a part', { ...turn, newMessage: { role: 'user', parts: ['hello'] } }],
  ['a number for text', { ...turn, newMessage: { parts: [{ text: 7 }] } }],
  ['an unknown field in a part', { ...turn, newMessage: { parts: [{ text: 'x', nonsense: 1 }] } }],
  ['an unknown field in a message', { ...turn, newMessage: { parts, nonsense: 1 } }],
  [
    'bytes that are not base64',
    { ...turn, newMessage: { parts: [{ inlineData: { mimeType: 'image/png', data: '???' } }] } },
  ],
  [
    'a number for bytes',
    { ...turn, newMessage: { parts: [{ inlineData: { mimeType: 'image/png', data: 7 } }] } },
  ],
  ['a function call without a name', { ...turn, newMessage: { parts: [{ functionCall: { args: [] } }] } }],
  ['a list for stateDelta', { ...turn, stateDelta: [] }],
  ['a number for invocationId', { ...turn, invocationId: 7 }],
  ['a string for customMetadata', { ...turn, customMetadata: 'x' }],
  ['several wrong types', { ...turn, userId: 1, sessionId: [], streaming: {} }],
];

const RAW_BODIES: [string, string, Record<string, string>?][] = [
  ['no body', ''],
  ['half an object', '{"appName": "probe"'],
  ['a trailing comma', '{"appName": "probe",}'],
  ['text', 'hello'],
  ['NaN', '{"appName": NaN}'],
  ['a NUL byte', '{"appName": "\u0000"}'],
  ['a doubled key', '{"appName":"nobody","appName":"probe","userId":"u","sessionId":"none"}'],
  ['text/plain', JSON.stringify(turn), { 'content-type': 'text/plain' }],
  ['a form', 'appName=probe', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['JSON of another kind', JSON.stringify(turn), { 'content-type': 'application/merge-patch+json' }],
  ['JSON with a charset', JSON.stringify(turn), { 'content-type': 'application/json; charset=utf-8' }],
  ['a lone surrogate', '{"appName":"probe","userId":"\\ud800","sessionId":"none"}'],
  ['a number beyond doubles', '{"appName":"probe","userId":"u","sessionId":"none","stateDelta":{"n":1e999}}'],
  ['the key __proto__', '{"appName":"probe","userId":"u","sessionId":"none","stateDelta":{"__proto__":1}}'],
];

/** Input beyond the service's limits, which google-adk does not have. */
const BEYOND_LIMITS: [string, string][] = [
  ['5 MB', JSON.stringify({ ...turn, stateDelta: { text: 'x'.repeat(5_000_000) } })],
  ['100 levels', `{"appName":"probe","stateDelta":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`],
  ['100,000 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
];

const IDS: [string, string][] = [
  ['a slash', 'a%2Fb'],
  ['dots', '..'],
  ['encoded dots', '%2E%2E'],
  ['a NUL', 'a%00b'],
  ['an emoji', '%F0%9F%99%82'],
  ['a plus and a space', 'a+b%20c'],
  ['a percent sign', '100%25'],
  ['broken UTF-8', '%FF%FE'],
  ['4,000 characters', 'x'.repeat(4_000)],
  ['a line break', 'a%0Ab'],
  ['a quote', "a'b%22c"],
];

/** Ids that no path, or no document of Firestore, can have: the service refuses them, google-adk does not. */
const REFUSED = ['a slash', 'dots', 'encoded dots', 'a NUL', '4,000 characters', 'a line break'];

/** Invalid requests: the contract's status and shape, and nothing stored. */
export const BAD_INPUT_CASES: ContractCase[] = [
  ...TURNS.flatMap(([name, json]) => [
    single(`/run with ${name}`, 'POST', '/run', { json }),
    single(`/run_sse with ${name}`, 'POST', '/run_sse', { json }),
  ]),
  ...RAW_BODIES.map(([name, raw, headers]) =>
    single(`/run with a body of ${name}`, 'POST', '/run', { raw, ...(headers && { headers }) }),
  ),
  ...RAW_BODIES.slice(0, 6).map(([name, raw]) =>
    single(`a session is created with a body of ${name}`, 'POST', '/apps/probe/users/{user}/sessions', {
      raw,
    }),
  ),
  ...BEYOND_LIMITS.map(([name, raw]) => single(`/run beyond a limit: ${name}`, 'POST', '/run', { raw })),
  ...IDS.flatMap(([name, id]): ContractCase[] => [
    single(`a session id in the path with ${name}`, 'GET', `/apps/probe/users/{user}/sessions/${id}`),
    REFUSED.includes(name)
      ? single(
          `a session is created whose id is refused: ${name}`,
          'POST',
          '/apps/probe/users/{user}/sessions',
          {
            json: { sessionId: decode(id) },
          },
        )
      : {
          title: `a session whose id has ${name} is created and used`,
          run: async (caller) => {
            const sessionId = decode(id);
            await caller.begin(sessionId);
            await caller.run('hello', { sessionId });
            await caller.send('GET', caller.sessionsPath);
            await caller.stored(id);
          },
        },
    single(`a user id in the path with ${name}`, 'GET', `/apps/probe/users/${id}/sessions`),
    single(`an app name in the path with ${name}`, 'GET', `/apps/${id}/users/{user}/sessions`),
  ]),
];

function decode(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return '\uFFFD';
  }
}
