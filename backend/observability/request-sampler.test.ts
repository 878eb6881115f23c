import { type Context, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace-node';
import { expect, test } from 'bun:test';
import { RequestSampler } from './request-sampler.ts';

const LOW = '00000001'.repeat(4);
const HIGH = 'fffffffe000000000000000000000000';

const under = (parent?: { isRemote: boolean; traceFlags: number }): Context =>
  parent
    ? trace.setSpanContext(ROOT_CONTEXT, { traceId: LOW, spanId: 'a'.repeat(16), ...parent })
    : ROOT_CONTEXT;
const isRecorded = (share: number, context: Context, traceId: string, kind = SpanKind.SERVER): boolean =>
  new RequestSampler(share).shouldSample(context, traceId, '', kind).decision ===
  SamplingDecision.RECORD_AND_SAMPLED;

test('the trace id decides, the same everywhere, and not the flag of the caller', () => {
  for (const traceFlags of [0, 1]) {
    expect(isRecorded(0.5, under({ isRemote: true, traceFlags }), LOW)).toBe(true);
    expect(isRecorded(0.5, under({ isRemote: true, traceFlags }), HIGH)).toBe(false);
  }
  expect(isRecorded(0.5, under(), HIGH)).toBe(false);
  expect(isRecorded(0, under({ isRemote: true, traceFlags: 1 }), LOW)).toBe(false);
  expect(isRecorded(1, under(), HIGH)).toBe(true);
});

test('what a recorded request causes is recorded, and nothing else', () => {
  const local = (traceFlags: number) => under({ isRemote: false, traceFlags });
  expect(isRecorded(0, local(1), HIGH, SpanKind.CLIENT)).toBe(true);
  expect(isRecorded(1, local(0), LOW, SpanKind.CLIENT)).toBe(false);
  // A run whose request another process has answered.
  expect(isRecorded(1, under({ isRemote: true, traceFlags: 1 }), LOW, SpanKind.INTERNAL)).toBe(true);
  // Periodic work, such as looking for expired leases.
  expect(isRecorded(1, under(), LOW, SpanKind.INTERNAL)).toBe(false);
});
