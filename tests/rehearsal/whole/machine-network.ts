import { readdir, readFile, readlink } from 'node:fs/promises';

/** What a rehearsal must leave alone and take away again: the machine's own network, and every namespace beside it (Linux). */
export async function machineNetwork(): Promise<Record<string, string>> {
  const said = (command: string[]): string => Bun.spawnSync(command).stdout.toString();
  return {
    links: said(['ip', '-brief', 'link']),
    addresses: said(['ip', '-brief', 'address']),
    routes: said(['ip', 'route', 'show', 'table', 'all', 'type', 'unicast']),
    policy: said(['ip', 'rule']),
    rules: said(['iptables-save']).replaceAll(/^#.*$|\[\d+:\d+\]/gm, ''),
    names: (await readdir('/run/netns').catch(() => [])).join(' '),
    forwarding: await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    filter: await readFile('/proc/sys/net/ipv4/conf/all/rp_filter', 'utf8'),
    namespaces: (await namespaces()).join(' '),
  };
}

/** Network namespaces in which something runs. */
async function namespaces(): Promise<string[]> {
  const found = new Set<string>();
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/.test(pid)) found.add(await readlink(`/proc/${pid}/ns/net`).catch(() => ''));
  }
  return [...found].filter(Boolean).toSorted();
}
