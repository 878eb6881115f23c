import { AppError } from '../errors/app-error.ts';
import type { Principal } from './principal.ts';
import { bearerChallenge } from './tokens/bearer.ts';
import type { VerifiedToken } from './tokens/token-verifier.ts';

/** Machines that may call, by service account e-mail or `sub`; one list per role. */
export interface MachineLists {
  services: readonly string[];
  peers: readonly string[];
  operators: readonly string[];
}

/** The machine that a verified token belongs to; throws CALLER_NOT_ALLOWED if it is on no list. */
export function toMachine(token: VerifiedToken, lists: MachineLists): Principal {
  // A list entry with an @ is an e-mail: a subject spelled like one is not a verified address.
  const subject = token.subject.includes('@') ? [] : [token.subject];
  for (const name of [...(token.email === undefined ? [] : [token.email]), ...subject]) {
    if (lists.services.includes(name)) return createMachine('service', 'jwt', name);
    if (lists.peers.includes(name)) return createMachine('peer', 'jwt', name);
    if (lists.operators.includes(name)) return createMachine('operator', 'jwt', name);
  }
  const detail = 'This caller is not on the list of machines';
  throw new AppError('CALLER_NOT_ALLOWED', detail, {
    headers: { 'www-authenticate': bearerChallenge(detail, 'insufficient_scope') },
  });
}

/** A machine's sessions belong to a user id that no signed-in person can have. */
export function createMachine(
  role: 'service' | 'peer' | 'operator',
  via: 'jwt' | 'certificate',
  name: string,
): Principal {
  return {
    role,
    via,
    id: `${role}:${name}`,
    userId: `${role}:${name}`,
    ...(name.includes('@') ? { email: name } : {}),
  };
}
