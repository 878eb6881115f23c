import { expect, test } from 'bun:test';
import { appStateAccess } from './app-state-access.ts';
import type { Principal, Role } from './principal.ts';

const access = appStateAccess(['open']);
const mayWrite = (role: Role, appName: string): boolean => {
  try {
    access({ role, userId: 'someone' } as Principal, appName, { 'app:banner': 'hello' });
    return true;
  } catch {
    return false;
  }
};

test.each([
  ['service', 'closed', true],
  ['local', 'closed', true],
  ['person', 'closed', false],
  ['person', 'open', true],
  ['peer', 'closed', false],
  // An app opened to people stays closed to other agents.
  ['peer', 'open', false],
] as const)('state of a whole app: may a %s write that of the %s app: %p', (role, appName, may) => {
  expect(mayWrite(role, appName)).toBe(may);
});
