import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { AppError } from '../errors/app-error.ts';
import { bothStores, KEY, say, textOf } from '../testing/both-stores.ts';
import type { RunBench, TestProcess } from '../testing/run-bench.ts';
import type { Run, TurnRequest } from './run.ts';
import type { RunLimits } from './run-options.ts';

const LIMITS: Partial<RunLimits> = {
  leaseMs: 600,
  renewEveryMs: 150,
  takeOverEveryMs: 50,
  cancelEveryMs: 50,
};
let bench: RunBench<unknown>;
let here: TestProcess;

/** Makes the store refuse the next message once, like a short outage. */
function refuseOneMessage({ sessions }: TestProcess): () => number {
  const append = sessions.appendEvent.bind(sessions);
  let refusals = 0;
  sessions.appendEvent = async (request) => {
    if (request.event.author !== 'user' || refusals > 0) return append(request);
    refusals++;
    throw new AppError('STORE_UNAVAILABLE');
  };
  return () => refusals;
}

/** How a listener's stream ends. */
async function listen(run: Run): Promise<unknown> {
  try {
    for await (const _frame of run.frames()) continue;
    return run.state;
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
}

describe.each(bothStores().stores)(
  'an accepted message whose write is refused once, in $name',
  ({ open }) => {
    beforeEach(async () => {
      bench = await open();
      here = bench.process(LIMITS);
      await here.sessions.createSession(KEY);
    });
    afterEach(() => bench.close());

    test.each<[string, Partial<TurnRequest>, string | undefined]>([
      ['to a free session', {}, undefined],
      ['not streaming', { streaming: false }, undefined],
      ['queued', { whenBusy: 'queue' }, 'count to 5 every 20 ms'],
      ['interrupting', { whenBusy: 'interrupt' }, 'count to 200 every 20 ms'],
    ])('%s: is answered all the same, once', async (_door, more, before) => {
      if (before !== undefined) await (await here.runs.start(say(before))).firstFrame;
      const refusals = refuseOneMessage(here);
      const run = await here.runs.start(say('hello', more));
      expect(await listen(run)).toBe('STORE_UNAVAILABLE');
      expect(refusals()).toBe(1);
      const again = await here.runs.attach({ session: KEY, runId: run.id });
      expect(await listen(again.run)).toBe('completed');
      const { events } = (await here.sessions.getSession(KEY))!;
      expect(events.filter((event) => textOf(event) === 'hello')).toHaveLength(1);
      expect(events.at(-1)).toMatchObject({ author: 'lornu', invocationId: run.invocationId });
    });

    test('and whose session is deleted meanwhile: the run ends, and nothing is left', async () => {
      refuseOneMessage(here);
      const run = await here.runs.start(say('hello'));
      expect(await listen(run)).toBe('STORE_UNAVAILABLE');
      await here.sessions.deleteSession(KEY);
      while ((await here.store.get(run.id))?.state === 'running') await Bun.sleep(20);
      expect(await here.sessions.getSession(KEY)).toBeUndefined();
    });
  },
);
