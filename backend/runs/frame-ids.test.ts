import { describe, expect, test } from 'bun:test';
import { bothStores, IDLE, KEY, say } from '../testing/both-stores.ts';

const { stores } = bothStores();

describe.each(stores)('Last-Event-ID in $name', ({ open }) => {
  test('the id of a frame that does not exist yet is refused, by another process too', async () => {
    const bench = await open();
    try {
      const here = bench.process(IDLE);
      await here.sessions.createSession(KEY);
      const run = await here.runs.start(say('hello'));
      let count = 0;
      for await (const { index } of run.frames()) count = index + 1;
      const choice = { session: KEY, runId: run.id };
      for (const { runs } of [here, bench.process(IDLE)]) {
        const attach = (index: number): Promise<unknown> => runs.attach(choice, `${run.id}:${index}`);
        expect(await attach(count - 1)).toMatchObject({ fromIndex: count });
        const refusal = await attach(count).catch((error: unknown) => error);
        expect(refusal).toMatchObject({ code: 'BAD_LAST_EVENT_ID' });
      }
    } finally {
      await bench.close();
    }
  });
});
