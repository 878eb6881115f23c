import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { RequestMalformedError } from '@a2a-js/sdk/errors';

/** Where notifications may be sent: to the internet, or (for local trials) only to this machine. */
export type PushTargets = 'public' | 'loopback';

/** A webhook whose address was resolved and allowed. The connection must go to exactly this address. */
export interface PinnedTarget {
  url: URL;
  /** IP address. */
  address: string;
}

export type Resolve = (hostname: string) => Promise<string[]>;

const LONGEST_URL = 2_048;
/** Other ports belong to services that are not webhooks. */
const PORTS: ReadonlySet<string> = new Set(['', '443', '8443']);

/** Special-purpose addresses (IANA registries for IPv4 and IPv6): no peer's webhook is behind them. */
const SPECIAL = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  SPECIAL.addSubnet(network, prefix, 'ipv4');

/**
 * Only global unicast IPv6 addresses are publicly reachable. The ranges below, inside it, are for special purposes:
 * tunnels that wrap IPv4, and documentation.
 */
const GLOBAL_V6 = new BlockList();
GLOBAL_V6.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  SPECIAL.addSubnet(network, prefix, 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether a notification may be sent to this address. */
export function isAllowedAddress(address: string, targets: PushTargets): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  if (targets === 'loopback') return LOOPBACK.check(address, kind);
  if (SPECIAL.check(address, kind)) return false;
  return family === 4 || GLOBAL_V6.check(address, kind);
}

/**
 * Resolves the webhook's address. Called when a webhook is set and again before every notification, as the name may
 * resolve differently by then. Throws RequestMalformedError with a message that reveals nothing of our network.
 */
export async function pinTarget(
  text: string,
  targets: PushTargets,
  resolve: Resolve = lookUp,
): Promise<PinnedTarget> {
  const url = URL.parse(text);
  if (!url || text.length > LONGEST_URL) throw refused('is not a URL');
  const isHttp = url.protocol === 'https:' || (targets === 'loopback' && url.protocol === 'http:');
  if (!isHttp) throw refused('must begin with https://');
  if (url.username || url.password) throw refused('must not hold credentials: use authentication');
  if (targets === 'public' && !PORTS.has(url.port)) throw refused('must use port 443 or 8443');
  const hostname = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const addresses = isIP(hostname) ? [hostname] : await resolve(hostname).catch(() => []);
  // Refuse if any address is bad: the owner of the name controls the order of its addresses.
  const [address] = addresses;
  if (address === undefined || !addresses.every((one) => isAllowedAddress(one, targets)))
    throw refused('does not lead to an address that notifications may be sent to');
  return { url, address };
}

async function lookUp(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

function refused(why: string): Error {
  return new RequestMalformedError(`The url of the push notification config ${why}.`);
}
