/**
 * The caller's role: `local` anyone on this machine while sign-in is off, `person` signed in through a browser,
 * `service` a machine that acts for users (the agent on Google Cloud), `peer` another agent that speaks A2A,
 * `operator` who runs the service: lists, stops and refuses turns, and reads no conversation.
 */
export type Role = 'local' | 'person' | 'service' | 'peer' | 'operator';

/** The verified caller: every access decision depends on it. */
export interface Principal {
  readonly role: Role;
  /** How the caller authenticated. */
  readonly via: 'loopback' | 'session' | 'jwt' | 'certificate';
  /** Stable and unique across roles: limits count by it and logs contain it. */
  readonly id: string;
  /** ADK's user id of the caller; undefined for a local caller, who may use any. */
  readonly userId: string | undefined;
  readonly email?: string;
  readonly name?: string;
}

/** Anyone who reaches an open service on loopback; such callers are not told apart. */
export const LOCAL_PRINCIPAL: Principal = { role: 'local', via: 'loopback', id: 'local', userId: undefined };

export type Surface = 'rest' | 'a2a' | 'operator';

/** The table of docs/security.md: which APIs each role may use, and whose sessions it may name. */
export const ACCESS: Readonly<Record<Role, { surfaces: readonly Surface[]; users: 'any' | 'own' }>> = {
  local: { surfaces: ['rest', 'a2a', 'operator'], users: 'any' },
  person: { surfaces: ['rest'], users: 'own' },
  service: { surfaces: ['rest', 'a2a'], users: 'any' },
  peer: { surfaces: ['a2a'], users: 'own' },
  operator: { surfaces: ['operator'], users: 'any' },
};

/** Whether the caller may read and change this user's data. */
export function mayActFor(principal: Principal, userId: string): boolean {
  return ACCESS[principal.role].users === 'any' || principal.userId === userId;
}

/** Whether the caller's role may use this API. */
export function mayUse(principal: Principal, surface: Surface): boolean {
  return ACCESS[principal.role].surfaces.includes(surface);
}
