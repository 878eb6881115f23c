import type { ReceivedSpan } from '@lornu/standins/google/cloud-trace.ts';
import { expect, test } from 'bun:test';
import { chooseTrace, renderTrace } from './render-trace.ts';

const span = (changes: Partial<ReceivedSpan>): ReceivedSpan => ({
  traceId: 't',
  spanId: 's',
  parentSpanId: '',
  name: 'run',
  kind: 'internal',
  startMs: 1_000,
  endMs: 1_500,
  attributes: {},
  events: [],
  isError: false,
  resource: { 'service.name': 'lornu-agent' },
  ...changes,
});

test('children follow their parents by their start, and names are escaped', () => {
  const drawn = renderTrace([
    span({ spanId: 'c2', parentSpanId: 'p', name: 'second', startMs: 1_200 }),
    span({ spanId: 'c1', parentSpanId: 'p', name: '<first>', startMs: 1_100 }),
    // Its parent died with its process.
    span({ spanId: 'o', parentSpanId: 'lost', name: 'orphan', startMs: 1_300 }),
    span({ spanId: 'p', name: 'parent' }),
  ]);
  const names = [...drawn.matchAll(/<text x="(\d+)"[^>]*>([^<]*)</g)].map(([, x, name]) => [Number(x), name]);
  expect(names).toEqual([
    [0, 'parent'],
    [12, '&lt;first&gt;'],
    [12, 'second'],
    [0, 'orphan'],
  ]);
  expect(renderTrace([])).toBe('');
});

test('the trace of a turn over two clouds is chosen, then one with a takeover, then the longest', () => {
  const turn = (traceId: string, more: Partial<ReceivedSpan>[] = []) =>
    [{}, ...more].map((changes, index) => span({ traceId, spanId: `${traceId}${index}`, ...changes }));
  const short = turn('short');
  const long = turn('long', [{}, {}]);
  const taken = turn('taken', [{ attributes: { 'lornu.run.takeovers': 1 } }]);
  const peer = turn('peer', [{ resource: { 'service.name': 'gcp-agent' } }]);
  const request = [span({ traceId: 'other', name: 'GET /list-apps' })];
  const chosen = (...traces: ReceivedSpan[][]) => chooseTrace(traces.flat())[0]?.traceId;
  expect(chosen(request, short, taken, peer, long)).toBe('peer');
  expect(chosen(request, short, taken, long)).toBe('taken');
  expect(chosen(request, short, long)).toBe('long');
  expect(chosen(request)).toBeUndefined();
});
