import { expect, test } from 'bun:test';
import { CloudTrace, encodeRequest, readSpans } from './cloud-trace.ts';

const NOW_MS = 1_800_000_000_000;
const ATTRIBUTES = [
  { key: 'service.name', value: { stringValue: 's' } },
  { key: 'gcp.project_id', value: { stringValue: 'p' } },
];
const SPAN = {
  traceId: new Uint8Array(16).fill(1),
  spanId: new Uint8Array(8).fill(2),
  name: 'n',
  kind: 2,
  startTimeUnixNano: `${NOW_MS - 5}000000`,
  endTimeUnixNano: `${NOW_MS}000000`,
};
const bytesOf = (span: object, attributes: object[] = ATTRIBUTES) =>
  encodeRequest({
    resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [{ ...SPAN, ...span }] }] }],
  });

test('a span is kept as it was sent', () => {
  const parentSpanId = new Uint8Array(8).fill(3);
  const attributes = [
    { key: 'a', value: { arrayValue: { values: [{ intValue: 4 }, { boolValue: true }] } } },
  ];
  expect(readSpans(bytesOf({ parentSpanId, attributes, status: { code: 2 } }), NOW_MS)).toMatchObject([
    {
      traceId: '01'.repeat(16),
      spanId: '02'.repeat(8),
      parentSpanId: '03'.repeat(8),
      kind: 'server',
      startMs: NOW_MS - 5,
      endMs: NOW_MS,
      attributes: { a: [4, true] },
      isError: true,
      resource: { 'gcp.project_id': 'p' },
    },
  ]);
});

test.each([
  ['a short trace id', bytesOf({ traceId: new Uint8Array(15).fill(1) }), 'trace id'],
  ['a span id of zeros', bytesOf({ spanId: new Uint8Array(8) }), 'span id'],
  ['a short parent', bytesOf({ parentSpanId: new Uint8Array(4).fill(1) }), 'parent span id'],
  ['no name', bytesOf({ name: '' }), 'no name'],
  ['an unknown kind', bytesOf({ kind: 9 }), 'kind'],
  ['an end before the start', bytesOf({ endTimeUnixNano: '1' }), 'ends before'],
  ['a time of last month', bytesOf({ startTimeUnixNano: '1000000', endTimeUnixNano: '2000000' }), 'too old'],
  ['an attribute twice', bytesOf({ attributes: [ATTRIBUTES[0], ATTRIBUTES[0]] }), 'twice'],
  ['no project', bytesOf({}, ATTRIBUTES.slice(0, 1)), 'gcp.project_id'],
  ['bytes that are no message', new Uint8Array([255, 1, 2]), 'ExportTraceServiceRequest'],
])('refused as malformed: %s', (_what, bytes, words) => {
  expect(() => readSpans(bytes, NOW_MS)).toThrow(words);
});

test.each([
  [undefined, 401],
  ['none', 401],
  ['federated', 403],
  ['other-scope', 403],
] as const)('refused: the token %s', async (token, status) => {
  const cloudTrace = new CloudTrace({
    describeToken: (given) =>
      given === 'federated' || given === 'other-scope'
        ? {
            principal: 'x',
            kind: given === 'federated' ? 'federated' : 'service-account',
            scopes: ['https://www.googleapis.com/auth/datastore'],
            expiresAtMs: 1,
          }
        : undefined,
  });
  const headers = {
    'content-type': 'application/x-protobuf',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const request = new Request('https://x.example', { method: 'POST', headers, body: bytesOf({}) });
  expect(await cloudTrace.receive(request).catch((error: unknown) => error)).toMatchObject({ status });
  expect(cloudTrace.spans).toEqual([]);
});
