import { createServer } from 'node:net';
import { CliError, EXIT } from '@lornu/ops/base/cli-error.ts';
import { whoListens } from '@lornu/ops/process/port-holder.ts';
import type { TaskNetwork } from './task-network.ts';

/** Second octets 64 to 126: 127.0 is shared, and parallel rehearsals take different ones. */
const FIRST_NETWORK = 64;
const NETWORKS = 63;
const TRIES = 20;

/**
 * Addresses of tasks. On AWS each task has its own network interface, so that all may listen on the same port; here
 * each has its own loopback address 127.N.x.y, which Linux provides without setup. None is reused, so that a draining
 * target is never mistaken for a new one.
 */
export class TaskAddresses implements TaskNetwork {
  #last = 0;
  readonly #network: number;

  constructor(seed: number) {
    this.#network = FIRST_NETWORK + (seed % NETWORKS);
  }

  async join({ port }: { port: number }): Promise<{ address: string }> {
    return { address: await this.take(port) };
  }

  async leave(): Promise<void> {}

  /** A new address on which the port is free. */
  async take(port: number): Promise<string> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const address = nthAddress(this.#network, (this.#last += 1));
      if (await isFree(address, port)) return address;
    }
    const holder = (await whoListens(port)) ?? 'Something that cannot be seen from here';
    throw new CliError({
      what: `Port ${port} is taken on the tasks' addresses.`,
      why: `${holder} listens on it, probably on all addresses; tasks need it, because their task definition names it.`,
      next: 'Stop it, or make it listen on 127.0.0.1 only, then run the same command again.',
      exitCode: EXIT.machine,
    });
  }
}

/** 250 addresses in each of 254 networks. */
export function nthAddress(network: number, n: number): string {
  return `127.${network}.${Math.floor((n - 1) / 250) % 254}.${((n - 1) % 250) + 1}`;
}

async function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, address, () => server.close(() => resolve(true)));
  });
}
