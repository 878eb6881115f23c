import { join } from 'node:path';
import type { Network } from '../reachability/network.ts';
import { STRANGER } from '../reachability/routes.ts';
import { INTERNET } from './link-scripts.ts';
import { OUTSIDE_ADDRESSES } from './outside.ts';
import { interfacesToTry, packetsToSend, withNeighbour, type Packet } from './packets.ts';
import type { ProbeAnswer, ProbeTarget } from './probe.ts';
import { Vpc } from './vpc.ts';

export interface TriedNetwork {
  packets: number;
  /** Packets that arrived and whose responses returned. */
  arrived: number;
  /** Differences between packets and computation, one sentence each. */
  differences: string[];
}

const PROBE = join(import.meta.dir, 'probe.ts');

/** Builds the network, sends every packet through it, compares the results with the computation, and removes it. */
export async function tryNetwork(applied: Network): Promise<TriedNetwork> {
  const network = withNeighbour(applied);
  const vpc = await Vpc.build(network, [...OUTSIDE_ADDRESSES, STRANGER.replace('/32', '')]);
  try {
    const attached = await vpc.attach(...interfacesToTry(network));
    return await tryPackets(vpc, packetsToSend(network, attached));
  } finally {
    await vpc.close();
  }
}

/**
 * Sends all packets and returns the differences from the computation. Packets with a different result are sent once
 * more, because on a busy machine a response may come late.
 */
export async function tryPackets(vpc: Vpc, packets: readonly Packet[]): Promise<TriedNetwork> {
  const first = await sendAll(vpc, packets);
  const differs = ({ packet, arrived }: Tried): boolean => packet.arrives !== arrived;
  const again = await sendAll(
    vpc,
    first.filter(differs).map(({ packet }) => packet),
  );
  const all = [...first.filter((one) => !differs(one)), ...again];
  return {
    packets: all.length,
    arrived: all.filter(({ arrived }) => arrived).length,
    differences: all.filter(differs).map(({ packet, arrived }) => describe(packet, arrived)),
  };
}

interface Tried {
  packet: Packet;
  arrived: boolean;
}

async function sendAll(vpc: Vpc, packets: readonly Packet[]): Promise<Tried[]> {
  const senders = [...Map.groupBy(packets, ({ from }) => from)];
  const tried = await Promise.all(
    senders.map(async ([sender, own]) => {
      const answers = await send(vpc, sender, own);
      return own.map((packet, index) => ({ packet, arrived: answers[index] !== 'nothing' }));
    }),
  );
  return tried.flat();
}

async function send(vpc: Vpc, sender: string, targets: readonly ProbeTarget[]): Promise<ProbeAnswer[]> {
  const name = sender === 'internet' ? INTERNET : sender;
  const child = Bun.spawn(vpc.world.inside([process.execPath, PROBE], name), {
    stdin: new Blob([JSON.stringify(targets)]),
    stdout: 'pipe',
    stderr: 'inherit',
  });
  return JSON.parse(await new Response(child.stdout).text()) as ProbeAnswer[];
}

function describe({ from, source, to, address, port, protocol, arrives }: Packet, arrived: boolean): string {
  const sender = source ? `${from} (${source})` : from;
  return `${protocol} ${port} from ${sender} to ${to} (${address}): computed ${arrives ? 'open' : 'closed'}, ${arrived ? 'arrived' : 'dropped'}`;
}
