import { Context, createEvent, InvocationContext, LlmAgent, LOAD_MEMORY, PluginManager } from '@google/adk';
import { expect, test } from 'bun:test';
import { openDatabase } from '../sessions/sqlite/database.ts';
import { SqliteSessionStore } from '../sessions/sqlite/sqlite-session-store.ts';
import { SqliteMemory } from './sqlite/sqlite-memory.ts';

test("ADK's load_memory finds in a new session what was said in an earlier one", async () => {
  const sessions = new SqliteSessionStore({ database: openDatabase(':memory:') });
  const memory = new SqliteMemory(':memory:');
  const owner = { appName: 'lornu', userId: 'ann' };
  const earlier = await sessions.createSession(owner);
  await sessions.appendEvent({
    session: earlier,
    event: createEvent({
      author: 'user',
      content: { role: 'user', parts: [{ text: 'My cat is called Mimi.' }] },
    }),
  });
  await memory.addSessionToMemory(earlier);

  const invocationContext = new InvocationContext({
    invocationId: 'e-1',
    agent: new LlmAgent({ name: 'lornu', tools: [LOAD_MEMORY] }),
    session: await sessions.createSession(owner),
    sessionService: sessions,
    memoryService: memory,
    pluginManager: new PluginManager([]),
  });
  const toolContext = new Context({ invocationContext });
  expect(await LOAD_MEMORY.runAsync({ args: { query: 'cat name' }, toolContext })).toMatchObject({
    memories: [{ author: 'user', content: 'My cat is called Mimi.' }],
  });
});
