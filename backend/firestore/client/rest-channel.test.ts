import { afterEach, expect, test } from 'bun:test';
import { FirestoreError } from './channel.ts';
import { RestChannel } from './rest-channel.ts';

let server: ReturnType<typeof Bun.serve> | undefined;
afterEach(() => void server?.stop(true));

const TARGET = 'projects/p/databases/d/documents';
const OK = [{ readTime: '2026-11-30T00:00:00Z' }];

/** A server that answers so, one after the other, and then OK. */
function channelTo(answers: (Response | 'late')[], callMs = 5_000) {
  const asked: { path: string; authorization: string | null }[] = [];
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => {
      asked.push({
        path: new URL(request.url).pathname,
        authorization: request.headers.get('authorization'),
      });
      const answer = answers.shift() ?? Response.json(OK);
      if (answer === 'late') await new Promise(() => {});
      return answer as Response;
    },
  });
  let tokens = 0;
  const credentials = async () => ({ authorization: `Bearer ${++tokens}` });
  const channel = new RestChannel({ origin: `http://127.0.0.1:${server.port}`, credentials, callMs });
  return { asked, call: () => channel.call('batchGet', TARGET, { documents: [] }) };
}

const error = (status: string, httpStatus: number): Response =>
  Response.json([{ error: { code: httpStatus, status, message: 'why' } }], { status: httpStatus });

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'OK',
    (thrown: unknown) => (thrown instanceof FirestoreError ? thrown.code : thrown),
  );
}

test.each([
  ['outages', error('UNAVAILABLE', 503)],
  ['half an answer', new Response('[{"found":')],
  ['an answer of something in between', new Response('<html>', { status: 502 })],
])('%s are tried again, with new credentials', async (_what, first) => {
  const { asked, call } = channelTo([first]);
  expect(await call()).toEqual(OK);
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer 1', 'Bearer 2']);
  expect(asked[0]?.path).toBe(`/v1/${TARGET}:batchGet`);
});

test.each([
  ['NOT_FOUND', 404, 5],
  ['PERMISSION_DENIED', 403, 7],
  ['RESOURCE_EXHAUSTED', 429, 8],
  ['ABORTED', 409, 10],
  ['INTERNAL', 500, 13],
  ['UNAUTHENTICATED', 401, 16],
  ['SOMETHING_NEW', 500, 2],
])('%s is told by its code and not tried again', async (status, httpStatus, code) => {
  const { asked, call } = channelTo([error(status, httpStatus)]);
  expect(await codeOf(call())).toBe(code);
  expect(asked).toHaveLength(1);
});

test('an error after the first messages of a list is an error', async () => {
  const { call } = channelTo([
    Response.json([...OK, { error: { status: 'DEADLINE_EXCEEDED', message: 'why' } }]),
  ]);
  expect(await codeOf(call())).toBe(4);
});

test('an outage is told when the time is over, and a call without an answer too', async () => {
  const outage = channelTo(
    Array.from({ length: 50 }, () => error('UNAVAILABLE', 503)),
    500,
  );
  // The last attempt may have had no time left.
  expect(await codeOf(outage.call())).toBeOneOf([14, 4]);
  expect(outage.asked.length).toBeGreaterThan(1);
  void server?.stop(true);
  const silent = channelTo(['late'], 300);
  expect(await codeOf(silent.call())).toBe(4);
  expect(silent.asked).toHaveLength(1);
});
