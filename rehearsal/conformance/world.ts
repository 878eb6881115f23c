import type { JWTPayload } from 'jose';
import type { Answer, Request } from './ask.ts';
import type { Clients } from './clients.ts';
import type { Stack } from './stack/make-stack.ts';
import type { ListenerPort } from './stack/network.ts';
import type { ProbeMaker } from './stack/probes.ts';

/** How a token differs from a valid one. */
export interface TokenShape {
  /** Signed with a key that the issuer does not publish. */
  foreignKey?: boolean;
  kid?: string;
  algorithm?: 'RS256' | 'RS512' | 'ES256' | 'none';
}

/** The environment of the checks: an account with the probe stack, on AWS or in the rehearsal. */
export interface World {
  target: 'rehearsal' | 'aws';
  clients: Clients;
  stack: Stack;
  probes: ProbeMaker;
  /** Sends a request to a listener. `certificate` is the TLS client certificate. */
  ask: (
    listener: ListenerPort,
    request: Request,
    certificate?: 'peer' | 'foreign' | 'none',
  ) => Promise<Answer>;
  /** A token of the issuer with these claims and nothing else. */
  token: (claims: JWTPayload, shape?: TokenShape) => Promise<string>;
  /** The peer's certificate, in PEM. */
  peerCertificate: string;
  /** Maps the port in an address to the port of the listener. In the rehearsal, the two differ. */
  listenerPort: (port: string) => string;
  /** The polling interval and the longest wait, both in milliseconds. */
  lookMs: number;
  limitMs: number;
  /** Plays the scene once, even if several checks use it. */
  scene: <Facts>(play: (world: World) => Promise<Facts>) => Promise<Facts>;
  /** Throws if a part of the environment has failed, because later observations mean nothing. */
  broken: () => void;
  /** Reports progress. */
  say: (what: string) => void;
}

/** Plays each scene once, and remembers its failure too. `played`: scenes that another world has already played. */
export function createScenes(
  played = new Map<unknown, Promise<unknown>>(),
): (world: World) => World['scene'] {
  return (world) =>
    async <Facts>(play: (world: World) => Promise<Facts>): Promise<Facts> => {
      const facts = played.get(play) ?? play(world);
      played.set(play, facts);
      // Each check that uses the scene gets the failure. There may be no such check, so the rejection is handled here.
      facts.catch(() => undefined);
      return (await facts) as Facts;
    };
}
