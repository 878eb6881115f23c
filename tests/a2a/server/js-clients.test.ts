import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { TaskState, type StreamResponse } from '@a2a-js/sdk';
import { type Client, ClientFactory } from '@a2a-js/sdk/client';
import { message, openWorld, sending, type Served, shownText, type World } from './world.ts';

setDefaultTimeout(20_000);

let world: World;
let served: Served;
let client: Client;
beforeAll(async () => {
  world = await openWorld();
  served = world.serve();
  client = await new ClientFactory().createFromUrl(`${served.a2aUrl}/`);
});
afterAll(() => world.close());

const ANSWER = /^You said: hello\. I am the stand-in/;

describe('the JavaScript SDK, A2A 1.0', () => {
  test('streams: the task first, its answer in chunks of one artifact, the whole at the end', async () => {
    const events: StreamResponse[] = [];
    for await (const event of client.sendMessageStream(sending(message('hello')))) events.push(event);
    const kinds = events.map(({ payload }) => payload?.$case);
    expect([kinds[0], kinds.at(-1)]).toEqual(['task', 'statusUpdate']);
    const chunks = events.flatMap(({ payload }) =>
      payload?.$case === 'artifactUpdate' ? payload.value : [],
    );
    expect(chunks.length).toBeGreaterThan(3);
    expect(new Set(chunks.map(({ artifact }) => artifact?.artifactId)).size).toBe(1);
    expect(chunks.map(({ append }) => append)).toEqual([
      false,
      ...chunks.slice(1, -1).map(() => true),
      false,
    ]);
    const pieces = chunks.slice(0, -1).map(({ artifact }) => shownText(artifact?.parts));
    expect(pieces.join('')).toMatch(ANSWER);
    expect(shownText(chunks.at(-1)?.artifact?.parts)).toBe(pieces.join(''));
  });

  test('sends, and gets the finished task', async () => {
    const task = await client.sendMessage(sending(message('hello')));
    expect(task).toMatchObject({ status: { state: TaskState.TASK_STATE_COMPLETED } });
    expect('artifacts' in task && shownText(task.artifacts[0]?.parts)).toMatch(ANSWER);
  });
});
