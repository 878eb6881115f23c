import { expect, test } from 'bun:test';
import { startFirestoreStandin } from '../../../standins/firestore/server.ts';
import { spawnGeminiStandin } from '../../../standins/gemini/spawn.ts';
import { KEY, say, textOf, type Wire } from '../../testing/both-stores.ts';
import { holdAnswer } from '../../testing/hold-answer.ts';
import { openFirestoreBench } from '../../testing/run-bench.ts';

const partsOf = (event: Wire, kind: string): Wire[] =>
  (event['content']?.parts ?? []).flatMap((part: Wire) => part[kind] ?? []);

test('an answer whose write got no response is stored once, whole, and shown, and its call gets a response', async () => {
  const model = await spawnGeminiStandin();
  const standin = await startFirestoreStandin({ databases: ['staging'], concurrencyMode: 'OPTIMISTIC' });
  const bench = await openFirestoreBench(model.url, standin, { waitMs: 500, patienceMs: 1_000 });
  try {
    const here = bench.process();
    const { sessions, runs } = here;
    await sessions.createSession(KEY);
    const append = sessions.appendEvent.bind(sessions);
    sessions.appendEvent = async (request) =>
      append(request).catch((error: unknown) => {
        standin.loseAnswersTo = undefined;
        throw error;
      });
    const release = holdAnswer(model.url, { pieces: 1 });
    const run = await runs.start(say('say "one moment please" and call list_notes with {}'));
    await run.firstFrame;
    standin.loseAnswersTo = 'Commit';
    release();
    const frames: Wire[] = [];
    for await (const { json } of run.frames()) frames.push(JSON.parse(json));

    const { events } = (await sessions.getSession(KEY))!;
    // Message, answer, response, and the event that says why the turn failed.
    expect(events.map(textOf)).toEqual([expect.anything(), 'one moment please', '', '']);
    const [call] = partsOf(events[1]!, 'functionCall');
    expect(partsOf(events[2]!, 'functionResponse')).toMatchObject([
      { id: call!['id'], response: { error: expect.stringContaining('interrupted') } },
    ]);
    const shown = frames.filter(({ id, partial }) => id && !partial);
    expect(shown.map(({ id }) => id)).toEqual(events.slice(1).map(({ id }) => id));
    expect(shown[0]!['interrupted']).toBeUndefined();

    const next = await runs.start(say('hello'));
    await next.ended;
    expect(next.state).toBe('completed');
  } finally {
    await bench.close();
    await model.stop();
  }
}, 30_000);
