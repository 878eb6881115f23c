import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { bothStores, KEY, say } from '../testing/both-stores.ts';
import type { RunBench } from '../testing/run-bench.ts';
import type { Run } from './run.ts';

setDefaultTimeout(30_000);

const TWO_CALLS = 'call list_notes with {} then call environment_status with {}';
let bench: RunBench<unknown>;

describe.each(bothStores().stores)('the money of a turn, in $name', ({ open }) => {
  beforeEach(async () => {
    bench = await open();
    await bench.process().sessions.createSession(KEY);
  });
  afterEach(() => bench.close());

  async function ended(run: Run): Promise<Run> {
    for await (const _frame of run.frames());
    await run.ended;
    return run;
  }

  test('the record of a turn says what all its model calls used and cost', async () => {
    const here = bench.process();
    const run = await ended(await here.runs.start(say(TWO_CALLS)));
    const session = await here.sessions.getSession(KEY);
    const counts = session!.events.flatMap(({ usageMetadata }) => usageMetadata ?? []);
    expect(counts.length).toBeGreaterThan(1);
    const [listed] = await bench.process().runs.list(KEY);
    expect(listed?.usage).toEqual(run.tokens);
    expect(listed?.usage).toMatchObject({
      input: counts.reduce((sum, { promptTokenCount = 0 }) => sum + promptTokenCount, 0),
      total: counts.reduce((sum, { totalTokenCount = 0 }) => sum + totalTokenCount, 0),
      unpriced: [],
    });
    expect(listed?.usage?.costUsd).toBeGreaterThan(0);
  });
});
