import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { interfacesToTry, packetsToSend, withNeighbour } from '@lornu/rehearsal/network/packets.ts';
import { tryNetwork, tryPackets } from '@lornu/rehearsal/network/try-network.ts';
import type { Interface } from '@lornu/rehearsal/network/interfaces.ts';
import { OUTSIDE_ADDRESSES } from '@lornu/rehearsal/network/outside.ts';
import { Vpc } from '@lornu/rehearsal/network/vpc.ts';
import { BROKEN_NETWORKS } from '@lornu/rehearsal/reachability/broken-networks.ts';
import type { Network } from '@lornu/rehearsal/reachability/network.ts';
import { soundNetwork } from '@lornu/rehearsal/reachability/sound-network.ts';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';

/** One of each mechanism in every run: a route, a NAT gateway, an ACL's answers, groups, a gateway. */
const SAMPLE = [
  'the private route to the NAT gateway is gone',
  'the NAT gateway stands in a private subnet',
  'the internet gateway is detached',
  "the tasks' group takes the whole VPC",
  'a network ACL drops the answers',
];
const why = await whyNoNamespaces(process.env);
const isAll = process.env['LORNU_EVERY_NETWORK'] !== undefined;

function broken(name: string): Network {
  const network = soundNetwork();
  BROKEN_NETWORKS[name]?.breakIt(network);
  return network;
}

describe.skipIf(why !== undefined)('packets go where the computation says', () => {
  test('in a sound network', async () => {
    const { packets, arrived, differences } = await tryNetwork(soundNetwork());
    expect(differences).toEqual([]);
    expect(packets).toBeGreaterThan(900);
    expect(arrived).toBeGreaterThan(50);
  });

  for (const name of isAll ? Object.keys(BROKEN_NETWORKS) : SAMPLE.slice(-1)) {
    test(`where ${name}`, async () => {
      expect((await tryNetwork(broken(name))).differences).toEqual([]);
    });
  }
});

describe.skipIf(why !== undefined)(
  'a change while the network is in use is in force at once, and so is its end:',
  () => {
    let vpc: Vpc;
    let attached: Interface[];
    beforeAll(async () => {
      const sound = withNeighbour(soundNetwork());
      vpc = await Vpc.build(sound, [...OUTSIDE_ADDRESSES, '198.51.100.7']);
      attached = await vpc.attach(...interfacesToTry(sound));
    });
    afterAll(async () => vpc.close());

    for (const name of isAll ? Object.keys(BROKEN_NETWORKS) : SAMPLE) {
      test(name, async () => {
        for (const network of [broken(name), soundNetwork()].map(withNeighbour)) {
          await vpc.update(network);
          expect((await tryPackets(vpc, packetsToSend(network, attached))).differences).toEqual([]);
        }
      });
    }
  },
);
