import { expect, test } from 'bun:test';
import { allowTurns, listRuns, readShadow, refuseTurns, stopRuns } from './operator-client.ts';

const targetOf = (answer: string) => ({
  url: 'https://elsewhere.example',
  token: undefined,
  fetch: (async () => new Response(answer)) as unknown as typeof fetch,
  signal: new AbortController().signal,
});

test('a refusal that asks to wait says how long', () => {
  const refused = Response.json(
    { detail: 'At most 60 requests a minute' },
    { status: 429, headers: { 'retry-after': '3900' } },
  );
  const target = { ...targetOf(''), fetch: (async () => refused) as unknown as typeof fetch };
  expect(listRuns(target, {})).rejects.toMatchObject({
    parts: { why: 'At most 60 requests a minute', next: 'Try again in 1h 05m.' },
  });
});

test.each(['<html>Welcome</html>', '{"status":"ok"}', 'null', ''])(
  'another program at the address is named as such, also when it answers %p',
  (answer) => {
    const target = targetOf(answer);
    const calls: (() => Promise<unknown>)[] = [
      () => listRuns(target, {}),
      () => stopRuns(target, { all: true }),
      () => refuseTurns(target, {}),
      () => allowTurns(target),
      () => readShadow(target),
    ];
    for (const call of calls)
      expect(call()).rejects.toThrow('What answers at https://elsewhere.example is not the service.');
  },
);
