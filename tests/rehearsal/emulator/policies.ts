import { AwsRefusal } from './any-client.ts';

/** The emulator's. */
export const ACCOUNT = '123456789012';

export const policy = (...statements: object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

export const allow = (sid: string, action: string | string[], resource = '*', more: object = {}): object => ({
  Sid: sid,
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...more,
});

/** AWS's error; rejects when the call was allowed. */
export async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await work.then(
    () => new Error('it was allowed'),
    (cause: unknown) => cause,
  );
  if (error instanceof AwsRefusal) return error.error;
  throw error;
}
