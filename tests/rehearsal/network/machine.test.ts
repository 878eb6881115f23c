import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { tryNetwork } from '@lornu/rehearsal/network/try-network.ts';
import { soundNetwork } from '@lornu/rehearsal/reachability/sound-network.ts';
import { describe, expect, test } from 'bun:test';
import { machineNetwork, namespacesUnder, untilGone } from '../whole/machine-network.ts';

const canBuild = (await whyNoNamespaces(process.env)) === undefined;
const MODULE = Bun.resolveSync('@lornu/ops/setup/network-namespaces.ts', import.meta.dir);

/**
 * What a process that was started like this is told; `uid`: the user that it becomes once it has loaded the module, which
 * others need not be able to read.
 */
function why(wrapper: readonly string[], uid = 0): string {
  const program = `const { whyNoNamespaces } = await import(${JSON.stringify(MODULE)});
    process.setuid(${uid});
    console.log(await whyNoNamespaces(process.env))`;
  const ran = Bun.spawnSync([...wrapper, process.execPath, '-e', program], {
    env: { PATH: process.env['PATH'] },
  });
  return ran.stdout.toString().trim() || ran.stderr.toString();
}

describe.skipIf(!canBuild)('on a machine that can build networks', () => {
  test('two with the same addresses do not meet, and nothing of them is left', async () => {
    const before = await machineNetwork();
    const cutOff = soundNetwork();
    cutOff.internetGateways = [];
    const namespaces = new Set<string>();
    const over = new AbortController();
    const look = async (): Promise<void> => {
      while (!over.signal.aborted) {
        for (const one of await namespacesUnder(process.pid)) namespaces.add(one);
        await Bun.sleep(5);
      }
    };
    const looking = look();
    const [one, other] = await Promise.all([tryNetwork(soundNetwork()), tryNetwork(cutOff)]);
    over.abort();
    await looking;
    expect([...one.differences, ...other.differences]).toEqual([]);
    expect(one.arrived).toBeGreaterThan(other.arrived);
    expect(namespaces.size).toBeGreaterThan(4);
    await untilGone(namespaces, 10_000);
    expect(await machineNetwork()).toEqual(before);
  });

  test('who is not root, lacks a program or may not forward is told so', () => {
    expect(why([], 65_534)).toBe('only root may make network namespaces');
    const noIp = 'mount -t tmpfs tmpfs /usr/sbin; mount -t tmpfs tmpfs /sbin; exec "$@"';
    expect(why(['unshare', '--mount', 'sh', '-c', noIp, 'sh'])).toStartWith('iptables-restore missing');
    const noForwarding = 'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; exec "$@"';
    expect(why(['unshare', '--mount', 'sh', '-c', noForwarding, 'sh'])).toContain('Read-only file system');
    expect(why([])).toBe('undefined');
  });
});
