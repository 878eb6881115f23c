import { expect, test } from 'bun:test';
import { RequestMalformedError } from '@a2a-js/sdk/errors';
import { AppError } from '../../errors/app-error.ts';
import { ERROR_TABLE, type ErrorCode } from '../../errors/error-table.ts';
import { jsonRpcCodeOf, statusNameOf, toJsonRpc, toKnownError, toRest } from './errors.ts';

test('docs/a2a.md lists how each class of our errors is sent over A2A', async () => {
  const text = await Bun.file(new URL('../../../docs/a2a.md', import.meta.url)).text();
  const [, table = ''] = /<!-- error classes -->([\s\S]*?)<!-- end of error classes -->/.exec(text) ?? [];
  const documented = [...table.matchAll(/^\| (\d+) +\| (-\d+) +\| (\w+) +\|$/gm)].map((row) => row.slice(1));
  const codes = Object.keys(ERROR_TABLE) as ErrorCode[];
  const told = codes.map((code) => [
    `${ERROR_TABLE[code].status}`,
    `${jsonRpcCodeOf(code)}`,
    statusNameOf(code),
  ]);
  const classes = [...new Map(told.map((row) => [row.join(), row])).values()];
  expect(documented).toEqual(classes.toSorted(([a = ''], [b = '']) => Number(a) - Number(b)));
});

test('an error that asks to wait says how long in its body', () => {
  const error = new AppError('LIMIT_REACHED', undefined, { headers: { 'retry-after': '3600' } });
  const details = [
    expect.objectContaining({ reason: 'LIMIT_REACHED' }),
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3600s' },
  ];
  expect(toJsonRpc(error).data).toEqual(details);
  expect(toRest(error).body).toMatchObject({ error: { details } });
  expect(toJsonRpc(new AppError('LIMIT_REACHED')).data).toHaveLength(1);
});

test('the failures of the service are logged by their code, and none of the caller or of a run', () => {
  const logged: unknown[] = [];
  const log = { error: (message: string, fields = {}) => void logged.push({ message, ...fields }) };
  const bug = new TypeError('a bug');
  const mistake = new RequestMalformedError({ message: 'x' });
  const codes = (['STORE_UNAVAILABLE', 'SESSION_NOT_FOUND', 'TURN_FAILED'] as const).map(
    (code) => new AppError(code),
  );
  for (const error of [...codes, mistake]) expect(toKnownError(error, log)).toBe(error);
  expect(toKnownError(bug, log)).toMatchObject({ code: 'INTERNAL', cause: bug });
  const message = 'an A2A request failed';
  expect(logged).toEqual([
    { message, code: 'STORE_UNAVAILABLE', error: codes[0] },
    { message, code: 'INTERNAL', error: bug },
  ]);
});
