/**
 * What a caller is to us:
 * `local` anyone on this machine while sign-in is off, `person` signed in through a browser,
 * `service` a machine that acts for users (the agent on Google Cloud), `peer` another agent that speaks A2A.
 */
export type Role = 'local' | 'person' | 'service' | 'peer';

/** The verified caller: every decision about a request depends on it. */
export interface Principal {
  readonly role: Role;
  /** How the caller showed who it is. */
  readonly via: 'loopback' | 'session' | 'jwt' | 'certificate';
  /** Stable and unique over roles: what limits are counted on and logs name. */
  readonly id: string;
  /** ADK's user id of the caller itself; undefined for a local caller, who names any. */
  readonly userId: string | undefined;
  readonly email?: string;
  readonly name?: string;
}

/** Whoever reaches an open service on loopback: there is nobody to tell apart. */
export const LOCAL_PRINCIPAL: Principal = { role: 'local', via: 'loopback', id: 'local', userId: undefined };

export type Surface = 'rest' | 'a2a';

/** The table of docs/security.md: which role uses which surface, and whose sessions it may name. */
export const ACCESS: Readonly<Record<Role, { surfaces: readonly Surface[]; users: 'any' | 'own' }>> = {
  local: { surfaces: ['rest', 'a2a'], users: 'any' },
  person: { surfaces: ['rest'], users: 'own' },
  service: { surfaces: ['rest', 'a2a'], users: 'any' },
  peer: { surfaces: ['a2a'], users: 'own' },
};

/** Whether the caller may read and change what belongs to this user id. */
export function mayActFor(principal: Principal, userId: string): boolean {
  return ACCESS[principal.role].users === 'any' || principal.userId === userId;
}

/** Whether the caller's role uses this surface at all. */
export function mayUse(principal: Principal, surface: Surface): boolean {
  return ACCESS[principal.role].surfaces.includes(surface);
}
