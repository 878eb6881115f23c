import { type ContractCase, inSession } from '../case.ts';
import type { Caller } from '../exchange.ts';

/** The same turn in every way: /run, /run_sse whole, /run_sse in tokens; then what is stored. */
const everyWay = (title: string, texts: string[]): ContractCase[] =>
  [
    { door: '/run', go: (caller: Caller, text: string) => caller.run(text) },
    { door: '/run_sse', go: (caller: Caller, text: string) => caller.runSse(text, { streaming: false }) },
    { door: '/run_sse with tokens', go: (caller: Caller, text: string) => caller.runSse(text) },
  ].map(({ door, go }) => ({
    title: `${title} (${door})`,
    run: async (caller) => {
      await caller.begin();
      for (const text of texts) await go(caller, text);
      await caller.stored();
    },
  }));

/** A turn of the agent whose answers have a schema, and the state that it sets. */
const withSchema = (title: string, text: string): ContractCase[] =>
  ['/run', '/run_sse'].map((door) => ({
    title: `${title} (${door})`,
    run: async (caller) => {
      const sessions = `/apps/clerk/users/${caller.userId}/sessions`;
      await caller.send('POST', sessions, { json: { sessionId: 's' } });
      const more = { appName: 'clerk' };
      await (door === '/run' ? caller.run(text, more) : caller.runSse(text, more));
      await caller.send('GET', `${sessions}/s`);
    },
  }));

const message = (...parts: unknown[]) => ({ newMessage: { role: 'user', parts } });

/** Successful turns. */
export const RUN_CASES: ContractCase[] = [
  ...everyWay('a conversation of two turns', ['hello', 'and again']),
  ...everyWay('a thought before the answer', ['simulate thinking']),
  ...everyWay('one call of a tool', ['call set_state with {"key":"colour","value":"blue"}']),
  ...everyWay('state of all prefixes, written by a tool', [
    'call set_state with {"key":"user:u","value":"1"} and call set_state with {"key":"temp:t","value":"3"} then call read_state with {"key":"temp:t"}',
  ]),
  ...everyWay('keys of tool data keep their spelling', [
    'call snake_and_camel with {"payload":{"some_key":{"otherKey":1,"inline_data":"x"}}}',
  ]),
  ...everyWay('words before and after a call', ['say "One moment." and call read_state with {"key":"k"}']),
  ...everyWay('integers beyond 2^53 through a tool', [
    'call snake_and_camel with {"payload":{"n":9007199254740993,"list":[-1234567890123456789]}}',
  ]),
  ...withSchema('an answer in a fence', 'answer word for word: ```json\n{"city":"Paris"}\n```'),
  ...withSchema('an answer without a fence', 'answer word for word: {"city":"Rome"}'),
  ...withSchema('an answer that does not fit its schema', 'answer word for word: {"town":"Rome"}'),
  ...everyWay('a tool that ends the turn itself', ['call finish_here']),
  ...everyWay('a hand-over to a sub-agent and a second turn with it', [
    'call transfer_to_agent with {"agent_name":"helper","agentName":"helper"}',
    'hello helper',
  ]),
  ...everyWay('an empty answer', ['simulate empty answer']),
  ...everyWay('Markdown and characters beyond ASCII', ['show me markdown', 'grüße 🙂 "quoted" \\']),
  inSession('snake_case in a run request', async (caller) => {
    const turn = { app_name: 'probe', user_id: caller.userId, session_id: 's' };
    const new_message = {
      role: 'user',
      parts: [{ text: 'hi' }, { inline_data: { mime_type: 'image/png', data: 'iVBORw0KGgo=' } }],
    };
    await caller.send('POST', '/run', { json: { ...turn, new_message, state_delta: { from_request: 1 } } });
    await caller.stored();
  }),
  inSession('whenBusy, which is ours, changes nothing while no other turn runs', async (caller) => {
    await caller.run('hello', { whenBusy: 'queue' });
    await caller.runSse('hello', { when_busy: 'interrupt' });
    await caller.runSse('hello', { whenBusy: 'refuse' });
    await caller.runSse('hello');
    await caller.stored();
  }),
  inSession('bytes: standard base64 in, URL-safe out', async (caller) => {
    await caller.run(
      '',
      message({ text: 'look' }, { inlineData: { mimeType: 'image/png', data: '+/+/+/8=' } }),
    );
    await caller.run(
      '',
      message({ text: 'look' }, { inlineData: { mimeType: 'image/png', data: '-_-_-_8=' } }),
    );
    await caller.stored();
  }),
  inSession('stateDelta and customMetadata of a request', async (caller) => {
    await caller.run('hello', {
      stateDelta: { plain: 1, 'user:u': 2, 'temp:t': 3, snake_key: { inner_key: 1 } },
      customMetadata: { trace_me: 'yes', nestedKey: { snake_too: 1 } },
    });
    await caller.runSse('hello', { customMetadata: { again: 1 } });
    await caller.stored();
  }),
  inSession('a role that is left out, and null fields', async (caller) => {
    await caller.run('', { newMessage: { parts: [{ text: 'no role' }] } });
    await caller.run('', {
      ...message({ text: 'nulls' }),
      stateDelta: null,
      invocationId: null,
      customMetadata: null,
    });
    await caller.stored();
  }),
  inSession('unknown fields of a run request are left aside', async (caller) => {
    await caller.run('hello', { nonsense: 1 });
  }),
];

/** Calls that wait for a person: confirmation and long-running tools. */
export const WAITING_CASES: ContractCase[] = [
  ...[true, false].map((confirmed): ContractCase => ({
    title: `a confirmation round trip, ${confirmed ? 'confirmed' : 'refused'}`,
    run: async (caller) => {
      await caller.begin();
      const asked = await caller.runSse('call erase with {"what":"everything"}');
      const id = findCallId(asked.frames, 'adk_request_confirmation');
      const functionResponse = { id, name: 'adk_request_confirmation', response: { confirmed } };
      await caller.runSse('', message({ functionResponse }));
      await caller.stored();
    },
  })),
  inSession('a long-running call is answered later', async (caller) => {
    const asked = await caller.run('call ask_approval with {"reason":"budget"}');
    const id = findCallId(asked.body, 'ask_approval');
    const functionResponse = { id, name: 'ask_approval', response: { status: 'approved' } };
    await caller.run('', message({ functionResponse }));
    await caller.stored();
  }),
  inSession('an answer to a call that nobody made', async (caller) => {
    await caller.run('', message({ functionResponse: { id: 'nobody', name: 'ask_approval', response: {} } }));
    await caller.stored();
  }),
];

/** The id of the first call of this function anywhere in the events. */
function findCallId(node: unknown, name: string): string {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('name' in value && value.name === name && 'id' in value) found.add(String(value.id));
    Object.values(value).forEach(visit);
  };
  visit(node);
  const [id] = found;
  if (id === undefined) throw new Error(`There is no call of ${name}: ${JSON.stringify(node)}`);
  return id;
}
