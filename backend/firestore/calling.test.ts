import { expect, test } from 'bun:test';
import { calling, patiently } from './calling.ts';
import { UnstorableValueError } from './client/values.ts';

const grpc = (code: number | string, message: string): Error => Object.assign(new Error(message), { code });
async function told(error: unknown): Promise<unknown> {
  try {
    await calling(async () => {
      throw error;
    });
  } catch (thrown) {
    return thrown;
  }
  return expect.unreachable();
}

test.each([
  ['Property is nested too deeply.', 'deeper than 20'],
  ['Property name "__a__" is reserved.', 'two underscores'],
  ['Cannot convert an array value in an array value.', 'list directly inside a list'],
  ['Transaction too big. Decrease transaction size.', 'at once'],
  ['its size (2 bytes) exceeds the maximum allowed size of 1 bytes.', 'too large'],
])('INVALID_ARGUMENT, "%s": not storable, with the reason', async (message, reason) => {
  const refused = await told(grpc(3, message));
  expect(refused).toMatchObject({ code: 'NOT_STORABLE', message: expect.stringContaining(reason) });
});

test('an error without a code is never reported as an outage: it is an invalid value or a bug of ours', async () => {
  expect(await told(new UnstorableValueError('It is nested deeper than 20.'))).toMatchObject({
    code: 'NOT_STORABLE',
    message: expect.stringContaining('deeper than 20'),
  });
  const bug = new Error('something else');
  expect(await told(bug)).toBe(bug);
  let tries = 0;
  const trying = patiently(async () => {
    tries++;
    throw bug;
  }, 5_000);
  expect(await trying.catch((error: unknown) => error)).toBe(bug);
  expect(tries).toBe(1);
});

test.each([
  ['gRPC: unavailable', grpc(14, 'gone')],
  ['of the system', grpc('ECONNREFUSED', 'gone')],
  ['an expired transaction', grpc(3, 'The referenced transaction has expired or is no longer valid.')],
])('%s: an absence, and tried again', async (_what, error) => {
  expect(await told(error)).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  let tries = 0;
  const result = await patiently(async () => {
    if (tries++ === 0) throw error;
    return 'done';
  }, 5_000);
  expect(result).toBe('done');
});
