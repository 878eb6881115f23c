import type { JWTPayload } from 'jose';
import type { Answer, Request } from './ask.ts';
import type { Clients } from './clients.ts';
import type { Stack } from './stack/make-stack.ts';
import type { ListenerPort } from './stack/network.ts';
import type { ProbeMaker } from './stack/probes.ts';

/** How a token differs from one that passes. */
export interface TokenShape {
  /** Signed by a key that the issuer does not publish. */
  foreignKey?: boolean;
  kid?: string;
  algorithm?: 'RS256' | 'RS512' | 'ES256' | 'none';
}

/** Where the checks are made: an account with the probe stack, AWS's or the rehearsal's. */
export interface World {
  target: 'rehearsal' | 'aws';
  clients: Clients;
  stack: Stack;
  probes: ProbeMaker;
  /** A request to a listener; the certificate is that of a TLS client. */
  ask: (
    listener: ListenerPort,
    request: Request,
    certificate?: 'peer' | 'foreign' | 'none',
  ) => Promise<Answer>;
  /** A token of the issuer with these claims and nothing else. */
  token: (claims: JWTPayload, shape?: TokenShape) => Promise<string>;
  /** The peer's certificate, in PEM. */
  peerCertificate: string;
  /** The listener's port that a port in an address stands for: on this machine they have others. */
  listenerPort: (port: string) => string;
  /** Milliseconds between two looks, and how long something may take that AWS does some time. */
  lookMs: number;
  limitMs: number;
  /** Plays the scene once, however many checks ask what was seen in it. */
  scene: <Facts>(play: (world: World) => Promise<Facts>) => Promise<Facts>;
  /** Throws if what the world is made of broke: nothing that is seen after it means anything. */
  broken: () => void;
  /** Progress. */
  say: (what: string) => void;
}

/** Plays each scene once, its failure too; `played` are scenes that another world has played already. */
export function createScenes(
  played = new Map<unknown, Promise<unknown>>(),
): (world: World) => World['scene'] {
  return (world) =>
    async <Facts>(play: (world: World) => Promise<Facts>): Promise<Facts> => {
      const facts = played.get(play) ?? play(world);
      played.set(play, facts);
      // Each check that asks gets the failure; nobody may ask.
      facts.catch(() => undefined);
      return (await facts) as Facts;
    };
}
