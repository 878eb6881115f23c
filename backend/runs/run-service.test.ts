import { setLogger, type LlmAgent } from '@google/adk';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { spawnGeminiStandin } from '../../standins/gemini/spawn.ts';
import { EnvironmentPlugin } from '../agents/environment-plugin.ts';
import { loadAgents } from '../agents/load-agents.ts';
import { toAdkLogger } from '../observability/adk-logger.ts';
import { useModel } from '../model/gemini-llm.ts';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';
import { KEY, say, textOf, type Wire } from '../testing/both-stores.ts';
import { silentLog } from '../testing/run-bench.ts';
import type { RunService, TurnRequest } from './run.ts';
import { createRunService } from './run-service.ts';
import type { RunLimits } from './run-options.ts';
import { SqliteRunStore } from './sqlite/sqlite-run-store.ts';

let sessions: SqliteSessionStore;
let runs: RunService;
let database: Database;

const standin = await spawnGeminiStandin({ chunks: 6 });
setLogger(toAdkLogger(silentLog));
useModel({ backend: { kind: 'stand-in', baseUrl: standin.url }, sleep: async () => {} });
const agents = await loadAgents({ dir: join(import.meta.dir, '../../agents'), log: silentLog });
afterAll(() => standin.stop());

beforeEach(async () => {
  database = openDatabase(':memory:');
  sessions = new SqliteSessionStore({ database });
  await sessions.createSession(KEY);
  runs = serviceWith({});
});
afterEach(() => sessions.close());

const serviceWith = (limits: Partial<RunLimits>): RunService =>
  createRunService({
    agents,
    sessions,
    runs: new SqliteRunStore({ database }),
    log: silentLog,
    now: Date.now,
    newId: () => crypto.randomUUID(),
    limits,
    plugins: [new EnvironmentPlugin(async () => ({ revision: 'r1' }))],
  });

async function turn(request: TurnRequest): Promise<{ frames: Wire[]; state: string; invocationId: string }> {
  const run = await runs.start(request);
  const frames: Wire[] = [];
  for await (const { json } of run.frames()) frames.push(JSON.parse(json));
  await run.ended;
  return { frames, state: run.state, invocationId: run.invocationId };
}

const stored = async (): Promise<Wire[]> => (await sessions.getSession(KEY))!.events;
describe('a streamed turn', () => {
  test('partials add up to the answer, all with the id of the stored event', async () => {
    const { frames, state } = await turn(say('hello'));
    expect(state).toBe('completed');
    const partials = frames.filter((frame) => frame['partial']);
    const [answer, ...rest] = frames.filter((frame) => !frame['partial']);
    expect(partials.length).toBeGreaterThan(2);
    expect(rest).toEqual([]);
    expect(partials.map(textOf).join('')).toBe(textOf(answer!));
    expect(new Set(frames.map((frame) => frame['id'])).size).toBe(1);
    expect(answer).toMatchObject({
      author: 'lornu',
      partial: false,
      nodeInfo: { path: 'lornu@1' },
      finishReason: 'STOP',
    });
    const events = await stored();
    expect(events.map(({ author, id }) => [author, id])).toEqual([
      ['user', expect.any(String)],
      ['lornu', answer!['id']],
    ]);
    expect(textOf(events[1]!)).toBe(textOf(answer!));
  });

  test('a tool is called once, its state is stored, and the answer follows', async () => {
    const { frames } = await turn(say('note: the demo is on Friday'));
    const whole = frames.filter((frame) => !frame['partial']);
    expect(whole.map((event) => Object.keys(event['content'].parts[0])[0])).toEqual([
      'functionCall',
      'functionResponse',
      'text',
    ]);
    expect(frames.some((frame) => frame['partial'] && frame['content'].parts[0].functionCall)).toBe(true);
    expect(whole[1]!['actions'].stateDelta).toEqual({ 'user:notes': ['the demo is on Friday'] });
    expect((await sessions.getSession(KEY))!.state).toEqual({ 'user:notes': ['the demo is on Friday'] });
  });

  test('the agent reads the environment from the plugin', async () => {
    const { frames } = await turn(say('what is the status of the environment?'));
    const answer = frames.find((frame) => frame['content']?.parts[0].functionResponse);
    expect(answer!['content'].parts[0].functionResponse.response).toEqual({ revision: 'r1' });
  });

  test('a call of an unknown tool gets a response, and the turn continues', async () => {
    const { frames, state } = await turn(say('call no_such_tool with {}'));
    expect(state).toBe('completed');
    const answer = frames.find((frame) => frame['content']?.parts[0].functionResponse);
    expect(answer!['content'].parts[0].functionResponse.response.error).toContain(
      'no tool named no_such_tool',
    );
  });
});

test('without streaming there are complete events only, and none is marked partial', async () => {
  const { frames } = await turn(say('hello', { streaming: false }));
  expect(frames).toHaveLength(1);
  expect(frames[0]).not.toHaveProperty('partial');
});

test('request fields reach the events: state, custom metadata; temp: state is for this turn only', async () => {
  await turn(say('hello', { stateDelta: { q: 1, 'temp:r': 2 }, customMetadata: { my_key: { aB: 1 } } }));
  const events = await stored();
  expect(events.map(({ customMetadata }) => customMetadata)).toEqual([
    { my_key: { aB: 1 } },
    { my_key: { aB: 1 } },
  ]);
  expect((await sessions.getSession(KEY))!.state).toEqual({ q: 1 });
});

describe('a tool that needs a confirmation', () => {
  async function question(): Promise<{ id: string; invocationId: string }> {
    await turn(say('note: one'));
    const { frames, invocationId } = await turn(say('forget my notes'));
    const whole = frames.filter((frame) => !frame['partial']);
    expect(whole).toHaveLength(3);
    const [, asked, provisional] = whole;
    const call = asked!['content'].parts[0].functionCall;
    expect([asked!['content'].role, call.name]).toEqual(['model', 'adk_request_confirmation']);
    expect(asked!['longRunningToolIds']).toEqual([call.id]);
    expect(asked!['actions'].requestedToolConfirmations).toEqual({});
    expect(provisional!['content'].parts[0].functionResponse.response.error).toContain(
      'requires confirmation',
    );
    expect(Object.keys(provisional!['actions'].requestedToolConfirmations)).toEqual([
      call.args.originalFunctionCall.id,
    ]);
    return { id: call.id, invocationId };
  }
  const reply = (id: string, confirmed: boolean): TurnRequest => ({
    ...KEY,
    streaming: true,
    newMessage: {
      parts: [{ functionResponse: { id, name: 'adk_request_confirmation', response: { confirmed } } }],
    },
  });

  test('a yes runs it, under the invocation that asked', async () => {
    const { id, invocationId } = await question();
    const second = await turn(reply(id, true));
    expect(second.invocationId).toBe(invocationId);
    expect(second.frames[0]!['content'].parts[0].functionResponse.response).toEqual({ deleted: 1 });
    expect((await sessions.getSession(KEY))!.state).toEqual({ 'user:notes': [] });
  });

  test('a no changes nothing', async () => {
    const { id } = await question();
    const { frames } = await turn(reply(id, false));
    expect(frames[0]!['content'].parts[0].functionResponse.response.error).toContain('rejected');
    expect((await sessions.getSession(KEY))!.state).toEqual({ 'user:notes': ['one'] });
  });

  test('a person who writes something else instead still gets an answer', async () => {
    await question();
    expect((await turn(say('hello'))).state).toBe('completed');
  });
});

describe('when the model fails', () => {
  test('before the first token it is retried', async () => {
    const { state, frames } = await turn(say('simulate 503 twice'));
    expect(state).toBe('completed');
    expect(frames.every((frame) => !('error' in frame))).toBe(true);
  });

  test('for good, an event says so, then the error frame; the conversation can continue', async () => {
    const { state, frames } = await turn(say('simulate 503'));
    expect(state).toBe('failed');
    const [event, error] = frames;
    expect(event).toMatchObject({ errorCode: 'UNAVAILABLE', author: 'lornu', nodeInfo: { path: 'lornu@1' } });
    expect(event!['errorMessage']).toStartWith('503 UNAVAILABLE. ');
    expect(error).toEqual({
      error: `ServerError: ${event!['errorMessage']}`,
      error_details: {
        error_type: 'ServerError',
        error_message: event!['errorMessage'],
        timestamp: expect.any(Number),
      },
    });
    expect((await stored()).at(-1)!['errorCode']).toBe('UNAVAILABLE');
    expect((await turn(say('hello'))).state).toBe('completed');
  });

  test.each(['break', 'error', 'garbage'])(
    'in the middle (%s), the shown text stays in the conversation',
    async (kind) => {
      const { state, frames } = await turn(say(`simulate ${kind} after 3`));
      expect(state).toBe('failed');
      const shown = frames
        .filter((frame) => frame['partial'])
        .map(textOf)
        .join('');
      expect(shown.length).toBeGreaterThan(0);
      const [last] = (await stored()).slice(-1);
      expect(last!['errorCode']).toBe('UNAVAILABLE');
      expect(textOf(last!)).toBe(shown);
      expect(last!['id']).toBe(frames[0]!['id']);
      expect((await turn(say('hello'))).state).toBe('completed');
    },
  );

  test('a safety stop is an answer with a reason, not a failed run', async () => {
    const { state, frames } = await turn(say('simulate safety stop'));
    expect(state).toBe('completed');
    expect(frames.at(-1)).toMatchObject({ finishReason: 'SAFETY', errorCode: 'SAFETY', partial: false });
  });

  test('a blocked prompt is an answer with a reason', async () => {
    const { state, frames } = await turn(say('simulate blocked prompt'));
    expect([state, frames.at(-1)!['errorCode']]).toEqual(['completed', 'SAFETY']);
  });
});

describe('the run and its listeners', () => {
  test('a listener that disconnects does not end the turn, and a late one misses nothing', async () => {
    const run = await runs.start(say('hello'));
    for await (const frame of run.frames()) if (frame.index === 0) break;
    await run.ended;
    expect(run.state).toBe('completed');
    const late: number[] = [];
    for await (const { index } of run.frames(2)) late.push(index);
    expect(late[0]).toBe(2);
    expect(textOf((await stored()).at(-1)!)).not.toBe('');
  });

  test('a second message during a run is refused, with the id of that run', async () => {
    const run = await runs.start(say('count to 5 every 20 ms'));
    const refusal = await runs.start(say('hello')).catch((error: Error) => error);
    expect(refusal).toMatchObject({ code: 'SESSION_BUSY', headers: { 'retry-after': expect.any(String) } });
    expect((refusal as Error).message).toContain(run.id);
    await run.ended;
    expect((await turn(say('hello'))).state).toBe('completed');
  });

  test('an unknown app or session is refused before anything is stored', async () => {
    expect(await runs.start(say('x', { appName: 'nope' })).catch((e) => e.code)).toBe('APP_NOT_FOUND');
    expect(await runs.start(say('x', { sessionId: 'nope' })).catch((e) => e.code)).toBe('SESSION_NOT_FOUND');
    expect(runs.activeCount).toBe(0);
  });

  test('draining waits for running runs and starts nothing new', async () => {
    const run = await runs.start(say('count to 5 every 20 ms'));
    const drained = runs.drain(5_000);
    expect(await runs.start(say('hello')).catch((error) => error.code)).toBe('DRAINING');
    await drained;
    expect(run.state).toBe('completed');
  });

  test('a run that takes too long is interrupted: the shown text is stored, and the next turn is valid', async () => {
    runs = serviceWith({ longestRunMs: 150 });
    const { state, frames } = await turn(say('count to 100 every 20 ms'));
    expect(state).toBe('interrupted');
    const shown = frames
      .filter((frame) => frame['partial'])
      .map(textOf)
      .join('');
    const [answer, reason] = (await stored()).slice(-2);
    expect([textOf(answer!), answer!['interrupted'], answer!['id']]).toEqual([shown, true, frames[0]!['id']]);
    expect(reason).toMatchObject({ errorCode: 'INTERRUPTED', author: 'lornu' });
    expect(frames.slice(-2).map(({ id }) => id)).toEqual([answer!['id'], reason!['id']]);
    expect((await turn(say('hello'))).state).toBe('completed');
  });
});

test('an agent whose callback throws ends the turn with a sentence, without internals', async () => {
  const agent = agents.agents.get('lornu')!.rootAgent as LlmAgent;
  agent.beforeModelCallback = () => {
    throw new TypeError('secret internals');
  };
  const { state, frames } = await turn(say('hello')).finally(() => (agent.beforeModelCallback = undefined));
  expect(state).toBe('failed');
  expect(JSON.stringify(frames)).not.toContain('secret internals');
  expect((await stored()).at(-1)!['errorCode']).toBe('AGENT_FAILED');
});
