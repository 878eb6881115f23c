import { describe, expect, test } from 'bun:test';
import { LOCAL_PRINCIPAL, mayActFor, mayUse, type Principal, type Role } from './principal.ts';

const callerOf = (role: Role): Principal =>
  role === 'local' ? LOCAL_PRINCIPAL : { role, via: 'jwt', id: `${role}:x`, userId: 'ada' };

describe('the table of roles equals the one in docs/security.md', () => {
  test.each([
    ['local', true, true, true, true],
    ['person', true, false, false, false],
    ['service', true, true, false, true],
    ['peer', false, true, false, false],
    ['operator', false, false, true, true],
  ] as const)('%s: REST %p, A2A %p, operator API %p, other users %p', (role, rest, a2a, operator, others) => {
    const caller = callerOf(role);
    expect([
      ...(['rest', 'a2a', 'operator'] as const).map((surface) => mayUse(caller, surface)),
      mayActFor(caller, 'ben'),
    ]).toEqual([rest, a2a, operator, others]);
    expect(mayActFor(caller, 'ada')).toBe(true);
  });

  test('a caller without a user id of its own cannot act as another caller without one', () => {
    const caller: Principal = { role: 'person', via: 'session', id: 'person:x', userId: undefined };
    expect(mayActFor(caller, 'undefined')).toBe(false);
  });
});
