import { context, type Context, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { bothStores, IDLE, KEY, say } from '../testing/both-stores.ts';
import { holdAnswer } from '../testing/hold-answer.ts';
import { untilTakenOver } from '../testing/until.ts';
import type { RunBench } from '../testing/run-bench.ts';
import type { RunLimits } from './run-options.ts';
import type { Run, TurnRequest } from './run.ts';

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
afterAll(() => {
  trace.disable();
  context.disable();
});

const ALIVE: Partial<RunLimits> = {
  leaseMs: 5_000,
  renewEveryMs: 1_000,
  takeOverEveryMs: 50,
  cancelEveryMs: 20,
};
let bench: RunBench<unknown>;

/** The trace of a request that begins a run. */
const requestOf = (traceId: string): Context =>
  trace.setSpanContext(context.active(), { traceId, spanId: 'b'.repeat(16), traceFlags: 1 });
const frames = async (run: Run): Promise<void> => {
  for await (const _frame of run.frames());
};
const runs = (): ReadableSpan[] => exporter.getFinishedSpans().filter(({ name }) => name === 'run');
const tracesOf = (): unknown[] =>
  runs().map((span) => [
    span.spanContext().traceId[0],
    span.parentSpanContext?.spanId[0],
    span.attributes['lornu.run.takeovers'],
  ]);

const { stores, modelUrl } = bothStores();
describe.each(stores)('the trace of a run, in $name', ({ open }) => {
  beforeEach(async () => {
    exporter.reset();
    bench = await open();
    await bench.process(IDLE).sessions.createSession(KEY);
  });
  afterEach(() => bench.close());

  const start = (request: TurnRequest, digit: string, limits: Partial<RunLimits> = ALIVE): Promise<Run> =>
    context.with(requestOf(digit.repeat(32)), () => bench.process(limits).runs.start(request));

  test('a queued run belongs to its own request, not to the one before it', async () => {
    const first = await start(say('count to 3 every 40 ms'), '1');
    const second = await start(say('hello', { whenBusy: 'queue' }), '2');
    await Promise.all([frames(first), frames(second)]);
    expect(tracesOf()).toEqual([
      ['1', 'b', 0],
      ['2', 'b', 0],
    ]);
  });

  // Longer than what Firestore stores of a request.
  test.each([
    ['a short message', ''],
    ['a long message', 'x'.repeat(300_000)],
  ])('a takeover continues the trace: %s', async (_what, more) => {
    const stopped: Partial<RunLimits> = { ...IDLE, leaseMs: 400 };
    const release = holdAnswer(modelUrl());
    const run = await start(say(`count to 20 ${more}`), '3', stopped);
    const listening = frames(run);
    const { store } = bench.process(ALIVE);
    await untilTakenOver(run.id, store);
    release();
    await listening;
    expect(tracesOf()).toContainEqual(['3', 'b', 1]);
  });
});
