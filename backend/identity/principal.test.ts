import { describe, expect, test } from 'bun:test';
import { LOCAL_PRINCIPAL, mayActFor, mayUse, type Principal, type Role } from './principal.ts';

const callerOf = (role: Role): Principal =>
  role === 'local' ? LOCAL_PRINCIPAL : { role, via: 'jwt', id: `${role}:x`, userId: 'ada' };

describe('the table of roles equals the one in docs/security.md', () => {
  test.each([
    ['local', true, true, true],
    ['person', true, false, false],
    ['service', true, true, true],
    ['peer', false, true, false],
  ] as const)('%s: REST %p, A2A %p, other users %p', (role, rest, a2a, others) => {
    const caller = callerOf(role);
    expect([mayUse(caller, 'rest'), mayUse(caller, 'a2a'), mayActFor(caller, 'ben')]).toEqual([
      rest,
      a2a,
      others,
    ]);
    expect(mayActFor(caller, 'ada')).toBe(true);
  });

  test('a caller without a user id of its own cannot act as another caller without one', () => {
    const caller: Principal = { role: 'person', via: 'session', id: 'person:x', userId: undefined };
    expect(mayActFor(caller, 'undefined')).toBe(false);
  });
});
