import { describe, expect, test } from 'bun:test';
import { bindUser } from './bind-user.ts';
import { LOCAL_PRINCIPAL, type Principal } from './principal.ts';

const ADA: Principal = { role: 'person', via: 'session', id: 'person:ada', userId: 'ada' };
const NOBODY = expect.stringMatching(/^nobody-[\da-f-]{36}$/) as unknown as string;

const bind = (
  input: { path?: Record<string, string>; query?: unknown; body?: unknown },
  creates = false,
  caller = ADA,
) => bindUser(caller, creates, { path: {}, query: undefined, body: undefined, ...input });

describe('a user id in a request', () => {
  test('of the caller is kept, wherever it stands', () => {
    const input = {
      path: { userId: 'ada' },
      query: { user_id: 'ada' },
      body: { userId: 'ada', sessionId: 's' },
    };
    expect(bind(input)).toEqual(input);
    expect(bind(input, true)).toEqual(input);
  });

  test('of another user is replaced by one without data, and nothing else changes', () => {
    expect(bind({ path: { userId: 'ben', appName: 'a' } })).toMatchObject({
      path: { userId: NOBODY, appName: 'a' },
    });
    expect(bind({ body: { userId: 'ben', sessionId: 's' } }, true)).toMatchObject({
      body: { userId: NOBODY, sessionId: 's' },
    });
    expect(bind({ query: { user_id: 'ben', app_name: 'a' } })).toMatchObject({
      query: { user_id: NOBODY, app_name: 'a' },
    });
    expect(bind({ query: { userId: 'ben' } })).toMatchObject({ query: { userId: NOBODY } });
  });

  test('of another user is found in the body although the path names the caller', () => {
    const bound = bind({ path: { userId: 'ada' }, body: { userId: 'ben' } });
    expect(bound).toMatchObject({ path: { userId: 'ada' }, body: { userId: NOBODY } });
  });

  test.each([null, undefined, 'ben', 7, ['ben'], { userId: 7 }, { userId: null }, {}])(
    'is not seen in %j',
    (body) => {
      expect(bind({ body }).body).toEqual(body as never);
    },
  );

  test('of another user is refused where something would be created', () => {
    expect(() => bind({ path: { userId: 'ben' } }, true)).toThrow('The user id is not yours');
  });

  test('may be any for a local caller and for a service', () => {
    const input = { path: { userId: 'ben' }, query: undefined, body: { userId: 'cid' } };
    for (const caller of [LOCAL_PRINCIPAL, { ...ADA, role: 'service' as const }])
      expect(bind(input, true, caller)).toEqual(input);
  });
});
