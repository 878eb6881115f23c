import { expect, test } from 'bun:test';
import { isRewound, toProblem } from './problem.ts';

const limited = (headers: Record<string, string>): Promise<{ message: string; next: string }> =>
  toProblem(Response.json({ detail: 'At most 5000000 tokens a day' }, { status: 429, headers }));

test('a limit says which one it is, and when it ends', async () => {
  const cases = [
    ['1', 'Try again in 1 second.'],
    ['59', 'Try again in 59 seconds.'],
    ['91', 'Try again in 2 minutes.'],
    ['5401', 'Try again in 2 hours.'],
    ['86400', 'Try again in 24 hours.'],
  ] as const;
  for (const [seconds, next] of cases)
    expect(await limited({ 'retry-after': seconds })).toMatchObject({
      message: 'A limit is reached: at most 5,000,000 tokens a day.',
      next,
    });
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  expect((await limited({ 'retry-after': inAnHour })).next).toBe('Try again in 60 minutes.');
  for (const unknown of ['', 'later'])
    expect((await limited({ 'retry-after': unknown })).next).toBe('Wait a moment, then try again.');
  expect((await limited({})).next).toBe('Wait a moment, then try again.');
});

test('what every person meets is said in the words of the page', async () => {
  const problem = await toProblem(Response.json({ detail: 'Authentication is required' }, { status: 401 }));
  expect(problem.message).toBe('You are not signed in any more.');
  const gone = await toProblem(Response.json({ detail: 'Session not found' }, { status: 404 }));
  expect(gone.message).toBe('This conversation is not there.');
  const old = { status: 404, headers: { 'x-error-code': 'INVOCATION_NOT_FOUND' } };
  const rewound = await toProblem(Response.json({ detail: 'Invocation ID not found: e-1' }, old));
  expect([isRewound(rewound), isRewound(gone)]).toEqual([true, false]);
});

test('maintenance is told in the words of the operator, with when to come again', async () => {
  const headers = { 'retry-after': '5400', 'x-error-code': 'MAINTENANCE' };
  const problem = await toProblem(
    Response.json({ detail: 'We move house. Back at noon.' }, { status: 503, headers }),
  );
  expect(problem).toMatchObject({
    status: 503,
    message: 'We move house. Back at noon.',
    next: 'Try again in 90 minutes.',
  });
});
