import { readdir, readFile, readlink } from 'node:fs/promises';
import { childrenOf } from './kit.ts';

/** The machine's own network, which a rehearsal must leave alone (Linux). */
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
  };
}

/** Network namespaces of what a process has started, but for the one that it is in itself (Linux). */
export async function namespacesUnder(pid: number): Promise<Set<string>> {
  const own = await namespaceOf(pid);
  const found = new Set<string>();
  for (const child of await childrenOf(pid)) {
    found.add(await namespaceOf(child.pid));
    for (const namespace of await namespacesUnder(child.pid)) found.add(namespace);
  }
  found.delete(own);
  found.delete('');
  return found;
}

/** Waits until nothing on this machine runs in any of these namespaces; other rehearsals may run beside. */
export async function untilGone(namespaces: ReadonlySet<string>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const held = (await Promise.all(pids.map(namespaceOf))).filter((one) => namespaces.has(one));
    if (held.length === 0) return;
    if (Date.now() > deadline)
      throw new Error(`${held.length} processes are still in the network's namespaces`);
    await Bun.sleep(100);
  }
}

async function namespaceOf(pid: number | string): Promise<string> {
  return readlink(`/proc/${pid}/ns/net`).catch(() => '');
}
