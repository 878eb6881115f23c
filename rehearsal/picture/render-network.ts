import type { Network } from '../reachability/network.ts';
import { describePorts, intersection, ports, type PortSet } from '../reachability/port-set.ts';
import type { Statement } from '../reachability/statements.ts';
import { fromInternet, toInternet, within } from '../reachability/ways.ts';
import { layOut, type Layout, type PlacedSubnet } from './layout.ts';
import { STYLE, WAY_COLORS } from './style.ts';
import { arrow, centre, escape, rect, tag, text } from './svg.ts';

const LINE = 22;
const TASK_HEIGHT = 46;

/** The applied network and its computed reachability as a self-contained SVG. Only existing paths are drawn. */
export function renderNetwork(network: Network, statements: readonly Statement[]): string {
  const layout = layOut(network);
  const height = layout.bottom + 56 + statements.length * LINE + 24;
  const heads = Object.entries(WAY_COLORS).map(
    ([name, color]) =>
      `<marker id="head-${name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${color}"/></marker>`,
  );
  const title = `The network as applied: ${network.loadBalancer.name}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${layout.width} ${height}" width="${layout.width}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<defs>${heads.join('')}</defs>
${rect({ x: 0, y: 0, width: layout.width, height }, 'page', 0)}
${text({ x: layout.vpc.x, y: 44 }, title, 'title')}
${[...places(network, layout), ...ways(network, layout), ...subnetNames(layout), ...verdicts(statements, layout)].join('\n')}
</svg>
`;
}

function places(network: Network, layout: Layout): string[] {
  const { internet, google, vpc, gateway, balancer, endpoints } = layout;
  const listeners = network.loadBalancer.listeners
    .map(({ port, protocol }) => `${protocol} ${port}`)
    .join(', ');
  return [
    rect(internet, 'outside'),
    text({ x: internet.x + 16, y: internet.y + 26 }, 'Internet', 'strong'),
    text({ x: internet.x + 16, y: internet.y + 46 }, 'people, peers, monitors', 'quiet'),
    rect(google, 'outside'),
    text({ x: google.x + 16, y: google.y + 26 }, 'Google Cloud', 'strong'),
    text({ x: google.x + 16, y: google.y + 46 }, 'Gemini, Firestore, tokens, the peer agent', 'quiet'),
    rect(vpc, 'vpc', 14),
    text({ x: vpc.x + 16, y: vpc.y + 28 }, `VPC ${network.vpc.cidr}`, 'strong'),
    ...layout.zones.flatMap(({ name, box }) => [
      rect(box, 'zone'),
      text({ x: box.x + 14, y: box.y + 24 }, name, 'quiet'),
    ]),
    ...layout.subnets.flatMap((subnet) => subnetParts(network, subnet)),
    ...(network.internetGateways.length > 0
      ? [
          rect(gateway, 'card', 18),
          text({ x: centre(gateway).x, y: gateway.y + 23 }, 'Internet gateway', 'strong', 'middle'),
        ]
      : []),
    ...(balancer
      ? [
          rect(balancer, 'card'),
          text({ x: balancer.x + 14, y: balancer.y + 24 }, 'Load balancer', 'strong'),
          text({ x: balancer.x + balancer.width - 14, y: balancer.y + 24 }, listeners, 'quiet', 'end'),
        ]
      : []),
    ...(network.endpoints.length > 0
      ? [
          rect(endpoints, 'private'),
          text({ x: endpoints.x + 14, y: endpoints.y + 24 }, 'Ways to AWS inside', 'strong'),
          ...network.endpoints.flatMap(({ service, kind }, index) => {
            const y = endpoints.y + 40 + index * 56;
            return [
              rect({ x: endpoints.x + 12, y, width: endpoints.width - 24, height: 46 }, 'card', 8),
              text({ x: endpoints.x + 24, y: y + 20 }, service.split('.').slice(3).join('.')),
              text({ x: endpoints.x + 24, y: y + 37 }, `${kind} endpoint`, 'quiet'),
            ];
          }),
        ]
      : []),
  ];
}

/** Drawn last and with a halo, so that a line that crosses a name passes behind it. */
function subnetNames({ subnets }: Layout): string[] {
  return subnets.flatMap(({ name, cidr, box, isPublic }) => [
    text({ x: box.x + 14, y: box.y + 22 }, name, isPublic ? 'halo-public' : 'halo-private'),
    text({ x: box.x + box.width - 14, y: box.y + 22 }, cidr, 'quiet', 'end'),
  ]);
}

function subnetParts(network: Network, { id, box, isPublic }: PlacedSubnet): string[] {
  const parts = [rect(box, isPublic ? 'public' : 'private')];
  const lower = { x: box.x + 12, y: box.y + 78, width: box.width - 24, height: 40 };
  const nat = network.natGateways.find((gateway) => gateway.subnetId === id && gateway.available);
  if (nat) {
    parts.push(
      rect({ ...lower, x: lower.x + lower.width - 150, width: 150 }, 'card', 8),
      text({ x: lower.x + lower.width - 138, y: lower.y + 17 }, 'NAT gateway'),
      text({ x: lower.x + lower.width - 138, y: lower.y + 33 }, nat.publicAddress ?? 'no address', 'quiet'),
    );
  }
  if (network.service.subnetIds.includes(id)) {
    const task = taskBox(box);
    parts.push(
      rect(task, 'card', 8),
      text({ x: task.x + 12, y: task.y + 19 }, `${network.service.name} tasks`, 'strong'),
      text({ x: task.x + 12, y: task.y + 36 }, `container port ${network.service.containerPort}`, 'quiet'),
    );
  }
  return parts;
}

function taskBox(box: PlacedSubnet['box']) {
  return { x: box.x + 12, y: box.y + 50, width: 176, height: TASK_HEIGHT };
}

function ways(network: Network, layout: Layout): string[] {
  const { loadBalancer, service } = network;
  const { internet, google, gateway, balancer, endpoints } = layout;
  const drawn: string[] = [];
  const listened = ports(...loadBalancer.listeners.map(({ port }) => port));
  const [entry] = loadBalancer.subnetIds;
  const opened = entry
    ? intersection(
        fromInternet(network, entry, loadBalancer.groupIds, loadBalancer.internetFacing).ports,
        listened,
      )
    : [];
  if (balancer && opened.length > 0) {
    const x = centre(gateway).x;
    drawn.push(
      arrow(
        [
          { x: centre(internet).x, y: internet.y + internet.height },
          { x: centre(internet).x, y: 164 },
          { x, y: 164 },
          { x, y: gateway.y - 2 },
        ],
        'in',
      ),
      arrow(
        [
          { x, y: gateway.y + gateway.height },
          { x, y: balancer.y - 2 },
        ],
        'in',
      ),
      tag({ x: centre(internet).x + 110, y: 164 }, label(opened), 'in'),
    );
  }
  for (const subnet of layout.subnets.filter(({ id }) => service.subnetIds.includes(id))) {
    const task = taskBox(subnet.box);
    const origin = { subnetId: subnet.id, groupIds: service.groupIds, publicAddress: service.publicAddress };
    const fromBalancer = entry
      ? within(
          network,
          { subnetId: entry, groupIds: loadBalancer.groupIds },
          { subnetId: subnet.id, groupIds: service.groupIds },
        )
      : undefined;
    if (balancer && fromBalancer && fromBalancer.ports.length > 0) {
      const x = task.x + 84;
      drawn.push(
        arrow(
          [
            { x, y: balancer.y + balancer.height },
            { x, y: task.y - 2 },
          ],
          'task',
        ),
        tag({ x, y: subnet.box.y - 50 }, label(fromBalancer.ports), 'task'),
      );
    }
    drawn.push(...wayOut(network, layout, subnet, origin));
  }
  if (drawn.some((part) => part.includes('way out')) && network.internetGateways.length > 0) {
    const x = gateway.x + gateway.width - 40;
    drawn.push(
      arrow(
        [
          { x, y: gateway.y },
          { x, y: 164 },
          { x: centre(google).x, y: 164 },
          { x: centre(google).x, y: google.y + google.height + 2 },
        ],
        'out',
      ),
      tag({ x: centre(google).x - 110, y: 164 }, '443', 'out'),
    );
  }
  if (network.endpoints.length > 0 && layout.subnets.length > 0) {
    const last = layout.subnets.filter(({ id }) => service.subnetIds.includes(id)).at(-1);
    if (last) {
      const y = last.box.y + last.box.height - 18;
      drawn.push(
        arrow(
          [
            { x: last.box.x + last.box.width, y },
            { x: endpoints.x - 2, y },
          ],
          'out',
        ),
        tag({ x: endpoints.x - 18, y: y - 20 }, '443', 'out'),
      );
    }
  }
  return drawn;
}

/** From a task's subnet up to its NAT gateway and from there to the internet gateway. */
function wayOut(
  network: Network,
  layout: Layout,
  subnet: PlacedSubnet,
  origin: { subnetId: string; groupIds: readonly string[]; publicAddress: boolean },
): string[] {
  const way = toInternet(network, origin);
  const nat = network.natGateways.find(({ id }) => way.through.includes(id));
  const natSubnet = layout.subnets.find(({ id }) => id === nat?.subnetId);
  if (!nat || !natSubnet || way.ports.length === 0) return [];
  const natX = natSubnet.box.x + natSubnet.box.width - 12 - 75;
  const natBottom = natSubnet.box.y + 78 + 40;
  const taskX = subnet.box.x + subnet.box.width - 40;
  const lane = natBottom + 34;
  const climb =
    natSubnet.zone === subnet.zone
      ? [
          { x: taskX, y: subnet.box.y },
          { x: taskX, y: lane },
          { x: natX, y: lane },
        ]
      : [
          { x: taskX, y: subnet.box.y },
          { x: taskX, y: lane + 16 },
          { x: natX + 14, y: lane + 16 },
        ];
  const landing = { x: climb.at(-1)?.x ?? natX, y: natBottom + 2 };
  const { gateway } = layout;
  const up = gateway.x + gateway.width - 40;
  return [
    arrow([...climb, landing], 'out'),
    tag({ x: taskX, y: subnet.box.y - 24 }, label(way.ports), 'out'),
    arrow(
      [
        { x: natSubnet.box.x + natSubnet.box.width, y: natSubnet.box.y + 98 },
        { x: natSubnet.box.x + natSubnet.box.width + 24, y: natSubnet.box.y + 98 },
        { x: natSubnet.box.x + natSubnet.box.width + 24, y: gateway.y + gateway.height + 14 },
        { x: up, y: gateway.y + gateway.height + 14 },
        { x: up, y: gateway.y + gateway.height + 2 },
      ],
      'out',
    ),
  ];
}

function label(set: PortSet): string {
  return describePorts(set);
}

function verdicts(statements: readonly Statement[], layout: Layout): string[] {
  return statements.flatMap(({ sentence, holds, seen }, index) => {
    const y = layout.bottom + 48 + index * LINE;
    return [
      text({ x: layout.vpc.x, y }, holds ? 'yes' : 'NO', holds ? 'holds' : 'broken'),
      text({ x: layout.vpc.x + 40, y }, holds ? sentence : `${sentence} Seen: ${seen}`, holds ? '' : 'wrong'),
    ];
  });
}
