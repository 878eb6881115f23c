import type { Network } from '../reachability/network.ts';
import { ENDPOINT_LINK, INTERNET_LINK } from './internet-gateway.ts';
import { InterfaceNames, type Interface } from './interfaces.ts';
import { foundationScript, linkScript, NEXT_HOPS } from './link-scripts.ts';
import { natScript, workingNatGateways } from './nat-gateways.ts';
import { renderRules } from './render-rules.ts';
import { localRules, routeLines, subnetRule } from './route-tables.ts';
import { createWorld, type World } from './world.ts';

export interface WantedInterface {
  owner: string;
  subnetId: string;
  groupIds: readonly string[];
  publicAddress?: string;
}

/** The applied VPC in network namespaces: the middle one is the router, each owner of interfaces has its own. */
export class Vpc {
  readonly world: World;
  #network: Network;
  readonly #names = new InterfaceNames();
  #interfaces: Interface[] = [];
  /** NAT gateways by id. */
  readonly #nats = new Map<string, Interface>();
  /** Lines for `ip` that are in force. */
  #lines: string[] = [];
  #rules = '';
  #queue: Promise<unknown> = Promise.resolve();

  /** Builds it. `outside` are the addresses of the internet, all in one namespace. */
  static async build(network: Network, outside: readonly string[]): Promise<Vpc> {
    const vpc = new Vpc(await createWorld(), network);
    try {
      await vpc.world.run(foundationScript(network, outside));
      await vpc.#inTurn(async () => vpc.#sync());
      return vpc;
    } catch (error) {
      await vpc.close();
      throw error;
    }
  }

  private constructor(world: World, network: Network) {
    this.world = world;
    this.#network = network;
  }

  get network(): Network {
    return this.#network;
  }

  /** Gives owners interfaces. An owner's namespace is created with its first one. */
  async attach<const T extends readonly WantedInterface[]>(
    ...wanted: T
  ): Promise<{ [K in keyof T]: Interface }> {
    return this.#inTurn(async () => {
      const made: Interface[] = [];
      for (const one of wanted) made.push(await this.#link(one));
      await this.#sync();
      return made as unknown as { [K in keyof T]: Interface };
    });
  }

  /** Removes an owner's namespace and interfaces. */
  async detach(owner: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#unlink(owner);
      await this.#sync();
    });
  }

  /** Applies another state of the network without stopping anything that runs. */
  async update(network: Network): Promise<void> {
    await this.#inTurn(async () => {
      // Links are named by the position of their subnet, so earlier subnets keep their position.
      const subnets = this.#network.subnets.map(
        (before) => network.subnets.find(({ id }) => id === before.id) ?? before,
      );
      this.#network = { ...network, subnets };
      await this.#sync();
    });
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.world.close();
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  async #link(wanted: Omit<WantedInterface, 'groupIds'> & Pick<Interface, 'groupIds'>): Promise<Interface> {
    const index = this.#interfaces.filter(({ owner }) => owner === wanted.owner).length;
    const made = this.#names.make(this.#network, wanted);
    this.#interfaces.push(made);
    await this.world.run(linkScript(this.#network, made, index));
    return made;
  }

  async #unlink(owner: string): Promise<void> {
    const gone = this.#interfaces.filter((one) => one.owner === owner);
    if (gone.length === 0) return;
    this.#interfaces = this.#interfaces.filter((one) => one.owner !== owner);
    const names = (line: string): boolean => gone.some(({ link }) => ` ${line} `.includes(` ${link} `));
    const rules = this.#lines.filter((line) => line.startsWith('rule ') && names(line));
    // Routes are removed with their link.
    this.#lines = this.#lines.filter((line) => !names(line));
    await this.world.run(
      [
        ...rules.map((line) => `ip ${line.replace(' add ', ' del ')}`),
        ...gone.map(({ link }) => `ip link del ${link}`),
        `ip netns del ${owner}`,
      ].join('\n'),
    );
  }

  async #sync(): Promise<void> {
    await this.#syncNats();
    const network = this.#network;
    const lines = [
      ...localRules(network),
      ...routeLines(network, this.#nats, {
        internet: NEXT_HOPS[INTERNET_LINK].outside,
        services: NEXT_HOPS[ENDPOINT_LINK].outside,
      }),
      ...this.#interfaces.map((one) => subnetRule(network, one)),
    ];
    const gone = this.#lines.filter((line) => !lines.includes(line));
    const added = lines.filter((line) => !this.#lines.includes(line));
    const batch = [...gone.map((line) => line.replace(' add ', ' del ')), ...added];
    const rules = renderRules(network, this.#interfaces);
    const script = [
      ...(batch.length > 0 ? [`ip -batch - <<'END'\n${batch.join('\n')}\nEND`] : []),
      ...(rules === this.#rules ? [] : [`iptables-restore <<'END'\n${rules}END`]),
    ];
    if (script.length === 0) return;
    await this.world.run(script.join('\n'));
    this.#lines = lines;
    this.#rules = rules;
  }

  async #syncNats(): Promise<void> {
    const working = workingNatGateways(this.#network);
    for (const [id, { owner, subnetId, publicAddress }] of this.#nats) {
      const same = working.find((one) => one.id === id);
      if (same?.subnetId === subnetId && same.publicAddress === publicAddress) continue;
      this.#nats.delete(id);
      await this.#unlink(owner);
    }
    for (const { id, subnetId, publicAddress } of working) {
      if (this.#nats.has(id)) continue;
      const made = await this.#link({
        owner: id,
        subnetId,
        groupIds: undefined,
        ...(publicAddress === undefined ? {} : { publicAddress }),
      });
      this.#nats.set(id, made);
      await this.world.run(natScript(id, made.address, this.#network.vpc.cidr));
    }
  }
}
