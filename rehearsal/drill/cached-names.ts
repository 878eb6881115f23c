import type { Resolver } from 'node:dns/promises';

/** The addresses of names, each kept for its TTL as a client does. */
export interface NameCache {
  /** Rejects if the name has no address. */
  addressOf: (name: string) => Promise<string>;
  /** Gives `name` the address of `other`; `undefined` gives it its own address back. */
  pin: (name: string, other: string | undefined) => void;
}

export function cachedNames(
  resolver: Pick<Resolver, 'resolve4'>,
  now: () => number = () => performance.now(),
): NameCache {
  const kept = new Map<string, { address: string; untilMs: number }>();
  const pinned = new Map<string, string>();
  return {
    addressOf: async (name) => {
      const asked = pinned.get(name) ?? name;
      const known = kept.get(asked);
      if (known && known.untilMs > now()) return known.address;
      const [first] = await resolver.resolve4(asked, { ttl: true });
      if (!first) throw new TypeError(`${asked} has no address`);
      kept.set(asked, { address: first.address, untilMs: now() + first.ttl * 1_000 });
      return first.address;
    },
    pin: (name, other) => {
      if (other === undefined) pinned.delete(name);
      else pinned.set(name, other);
    },
  };
}
