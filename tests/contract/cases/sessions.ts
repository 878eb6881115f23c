import { type ContractCase, inSession, several, single } from '../case.ts';

const event = (more: Record<string, unknown> = {}) => ({
  author: 'user',
  invocationId: 'e-1',
  content: { role: 'user', parts: [{ text: 'before' }] },
  ...more,
});

/** The six session calls, in both casings, with their refusals. */
export const SESSION_CASES: ContractCase[] = [
  several('a session is created, listed, read, patched and deleted', async (caller) => {
    await caller.begin('s', {
      plain: 1,
      'user:name': 'Ada',
      nested: { snake_key: [1, null], camelKey: {} },
    });
    await caller.send('GET', caller.sessionsPath);
    await caller.stored();
    await caller.send('PATCH', `${caller.sessionsPath}/s`, {
      json: { stateDelta: { plain: 2, more: true } },
    });
    await caller.stored();
    await caller.send('DELETE', `${caller.sessionsPath}/s`);
    await caller.stored();
    await caller.send('DELETE', `${caller.sessionsPath}/s`);
    await caller.send('GET', caller.sessionsPath);
  }),
  several('a session is created without a body, with {}, and with null fields', async (caller) => {
    await caller.send('POST', caller.sessionsPath);
    await caller.send('POST', caller.sessionsPath, { json: {} });
    await caller.send('POST', caller.sessionsPath, {
      json: { sessionId: null, state: null, events: null },
    });
    await caller.send('POST', caller.sessionsPath, { json: null });
  }),
  several('snake_case is accepted, camelCase is answered', async (caller) => {
    await caller.send('POST', caller.sessionsPath, { json: { session_id: 'snake', state: { a: 1 } } });
    await caller.send('PATCH', `${caller.sessionsPath}/snake`, { json: { state_delta: { snake_key: 1 } } });
    await caller.stored('snake');
  }),
  inSession('a session that exists is not created again', async (caller) => {
    await caller.begin();
    await caller.send('POST', `${caller.sessionsPath}/s`, { json: {} });
  }),
  several('the deprecated call takes the state itself', async (caller) => {
    await caller.send('POST', `${caller.sessionsPath}/old`, { json: { plain: 1, 'user:x': 2 } });
    await caller.send('POST', `${caller.sessionsPath}/bare`);
    await caller.stored('old');
  }),
  several('user: state is shared by the sessions of a user, temp: is not kept', async (caller) => {
    await caller.begin('a', { 'user:shared': 'yes', 'temp:gone': 1 });
    await caller.begin('b');
    await caller.send('PATCH', `${caller.sessionsPath}/b`, {
      json: { stateDelta: { 'user:shared': 'changed', 'temp:also': 1 } },
    });
    await caller.stored('a');
    await caller.stored('b');
  }),
  several('events can be given at creation', async (caller) => {
    const model = event({ author: 'probe', content: { role: 'model', parts: [{ text: 'after' }] } });
    await caller.send('POST', caller.sessionsPath, { json: { sessionId: 's', events: [event(), model] } });
    await caller.stored();
  }),
  ...[
    { name: 'actions', events: [event({ actions: { stateDelta: { a: 1 } } })] },
    { name: 'long-running ids', events: [event(), event({ longRunningToolIds: ['x'] })] },
    {
      name: 'calls of ADK itself',
      events: [
        event({
          content: { role: 'model', parts: [{ functionCall: { name: 'adk_request_confirmation' } }] },
        }),
      ],
    },
    { name: 'no author', events: [{ content: { parts: [{ text: 'x' }] } }] },
    { name: 'an unknown field', events: [event({ nonsense: 1 })] },
    { name: 'an unknown action', events: [event({ actions: { nonsense: 1 } })] },
    { name: 'a string for an event', events: ['x'] },
  ].map(({ name, events }) =>
    single(`events at creation with ${name}`, 'POST', '/apps/probe/users/{user}/sessions', {
      json: { sessionId: 's', events },
    }),
  ),
  ...[
    { name: 'options of the store', json: { options: { ttl: 1 } } },
    { name: 'options bound by the endpoint', json: { options: { state: {} } } },
    { name: 'an empty id', json: { sessionId: '' } },
    { name: 'an id of blanks', json: { sessionId: '  ' } },
    { name: 'a padded id', json: { sessionId: ' padded ' } },
    { name: 'an unknown field', json: { nonsense: 1, sessionId: 's' } },
    { name: 'both casings', json: { sessionId: 'camel', session_id: 'snake' } },
    { name: 'a number for an id', json: { sessionId: 7 } },
    { name: 'a list for a state', json: { state: [1] } },
    { name: 'an object for events', json: { events: {} } },
    { name: 'a list for a body', json: [] },
    { name: 'a string for a body', json: 'x' },
  ].map(({ name, json }) =>
    single(`a session is created with ${name}`, 'POST', '/apps/probe/users/{user}/sessions', { json }),
  ),
  single('PATCH of an unknown session', 'PATCH', '/apps/probe/users/{user}/sessions/none', {
    json: { stateDelta: {} },
  }),
  single('PATCH without stateDelta', 'PATCH', '/apps/probe/users/{user}/sessions/none', { json: {} }),
  single('PATCH with a null stateDelta', 'PATCH', '/apps/probe/users/{user}/sessions/none', {
    json: { stateDelta: null },
  }),
  single('PATCH without a body', 'PATCH', '/apps/probe/users/{user}/sessions/none'),
  single('GET of an unknown session', 'GET', '/apps/probe/users/{user}/sessions/none'),
  single('sessions of an unknown app', 'GET', '/apps/nobody/users/{user}/sessions'),
  single('a session of an unknown app', 'GET', '/apps/nobody/users/{user}/sessions/none'),
  single('a session is created in an unknown app', 'POST', '/apps/nobody/users/{user}/sessions', {
    json: { sessionId: 's' },
  }),
];
