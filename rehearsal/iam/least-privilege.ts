import type { Access } from '../emulator/side-door.ts';
import { matches } from './actions.ts';
import { GRANTED_FOR } from './granted-for.ts';

/** One statement that grants a role permissions. */
export interface GrantedStatement {
  role: string;
  policy: string;
  sid: string;
  /** Actions that calls of this rehearsal needed. */
  used: string[];
  /** Actions that no call needed, each with the reason for granting it; "" without a reason. */
  unused: { action: string; reason: string }[];
  /** Without this statement a call of this rehearsal is denied. */
  isNeeded: boolean;
}

/** Compares granted with used permissions: the minimum for each role, and the reasons for more. */
export function leastPrivilege({ granted, uses }: Pick<Access, 'granted' | 'uses'>): GrantedStatement[] {
  return granted.flatMap(({ role, policy, document }) => {
    const { Statement = [] } = JSON.parse(document) as { Statement?: Statement | Statement[] };
    return [Statement]
      .flat()
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Sid = '', Action = [] }) => {
        const own = uses.filter((use) => use.role === role && use.policy === policy && use.sid === Sid);
        const isUsed = (pattern: string): boolean => own.some(({ action }) => matches(pattern, action));
        const actions = [Action].flat();
        return {
          role,
          policy,
          sid: Sid,
          used: actions.filter(isUsed),
          unused: actions
            .filter((action) => !isUsed(action))
            .map((action) => ({ action, reason: reasonFor(role, action) })),
          isNeeded: own.some(({ alone }) => alone),
        };
      });
  });
}

/** One or two lines: the share of granted permissions that was needed, and those granted without a reason. */
export function summarisePermissions(statements: readonly GrantedStatement[]): string {
  const used = statements.flatMap((one) => one.used).length;
  const unused = statements.flatMap((one) => one.unused);
  const idle = statements.flatMap(({ role, sid, unused: list }) =>
    list.filter(({ reason }) => reason === '').map(({ action }) => `${role} ${sid}: ${action}`),
  );
  const first = `Permissions: of ${used + unused.length} granted actions ${used} were needed, ${unused.length - idle.length} more have a reason.`;
  return idle.length > 0 ? `${first}\nGranted without a need or a reason: ${idle.join(', ')}` : first;
}

interface Statement {
  Sid?: string;
  Effect: string;
  Action?: string | string[];
}

function reasonFor(role: string, action: string): string {
  return (
    GRANTED_FOR.find(({ roles, actions }) => roles.test(role) && actions.some((one) => matches(one, action)))
      ?.reason ?? ''
  );
}
