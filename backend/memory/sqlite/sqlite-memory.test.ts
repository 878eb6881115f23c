import { createEvent, type Session } from '@google/adk';
import { expect, test } from 'bun:test';
import { SqliteMemory } from './sqlite-memory.ts';

function session(id: string, texts: string[], owner = { appName: 'lornu', userId: 'ann' }): Session {
  const events = texts.map((text, index) =>
    createEvent({
      author: index % 2 ? 'lornu' : 'user',
      timestamp: 1_795_422_375_000 + index,
      content: { role: 'user', parts: [{ text }] },
    }),
  );
  return { id, ...owner, state: {}, events, lastUpdateTime: 0 };
}

async function found(memory: SqliteMemory, query: string, owner = { appName: 'lornu', userId: 'ann' }) {
  const { memories } = await memory.searchMemory({ ...owner, query });
  return memories.map(({ content }) => content.parts?.[0]?.text);
}

test('a text is found by any of its words, the best match first', async () => {
  const memory = new SqliteMemory(':memory:');
  await memory.addSessionToMemory(
    session('s1', ['The blue whale sings', 'Whales are large', 'Blue is a colour']),
  );
  expect(await found(memory, 'BLUE whale?')).toEqual(['The blue whale sings', 'Blue is a colour']);
  expect(await found(memory, 'cafe')).toEqual([]);
  const { memories } = await memory.searchMemory({ appName: 'lornu', userId: 'ann', query: 'colour' });
  expect(memories[0]).toEqual({
    author: 'user',
    timestamp: '2026-11-23T08:26:15.002Z',
    content: { role: 'user', parts: [{ text: 'Blue is a colour' }] },
  });
});

test('adding a session again replaces its earlier entries', async () => {
  const memory = new SqliteMemory(':memory:');
  await memory.addSessionToMemory(session('s1', ['my cat is old']));
  await memory.addSessionToMemory(session('s2', ['my cat is here']));
  await memory.addSessionToMemory(session('s1', ['my dog is old']));
  expect(await found(memory, 'cat')).toEqual(['my cat is here']);
  expect(await found(memory, 'dog')).toEqual(['my dog is old']);
});

test('entries of another user or another app are never found', async () => {
  const memory = new SqliteMemory(':memory:');
  await memory.addSessionToMemory(session('s1', ['the secret is blue']));
  expect(await found(memory, 'secret', { appName: 'lornu', userId: 'bob' })).toEqual([]);
  expect(await found(memory, 'secret', { appName: 'other', userId: 'ann' })).toEqual([]);
});

test.each(['', '   ', '"', 'NEAR(', 'a" OR "b', '*', '^x', 'text:blue', '\0', '😀'])(
  'the question %j is no syntax and no failure',
  async (query) => {
    const memory = new SqliteMemory(':memory:');
    await memory.addSessionToMemory(session('s1', ['nothing of it']));
    expect(await found(memory, query)).toEqual([]);
  },
);

test('accents and letters beyond English are indexed; thoughts are not', async () => {
  const memory = new SqliteMemory(':memory:');
  const thinking = createEvent({ content: { parts: [{ text: 'thinking of giraffes', thought: true }] } });
  const one = session('s1', ['Das Café in München', 'привет мир']);
  await memory.addSessionToMemory({ ...one, events: [...one.events, thinking] });
  expect(await found(memory, 'cafe munchen')).toEqual(['Das Café in München']);
  expect(await found(memory, 'Привет')).toEqual(['привет мир']);
  expect(await found(memory, 'giraffes')).toEqual([]);
});
