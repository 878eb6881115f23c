export interface CidrBlock {
  first: number;
  last: number;
}

/** An IPv4 range as its first and last address; undefined for IPv6 ranges, which overlap no IPv4 one. */
export function parseCidr(text: string): CidrBlock | undefined {
  const [address = '', length = '32'] = text.split('/');
  const parts = address.split('.').map(Number);
  const bits = Number(length);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255)) || !(bits >= 0 && bits <= 32)) {
    return undefined;
  }
  const value = parts.reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - bits);
  const first = Math.floor(value / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr(outer), parseCidr(inner)];
  return a !== undefined && b !== undefined && a.first <= b.first && b.last <= a.last;
}

export function overlaps(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

/** RFC 1918, loopback, link-local and carrier ranges: not addresses of the internet. */
const NOT_PUBLIC = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
];

/** Whether the range contains an internet address; every IPv6 range counts as public. */
export function isPublic(cidr: string): boolean {
  return parseCidr(cidr) === undefined || !NOT_PUBLIC.some((range) => covers(range, cidr));
}
