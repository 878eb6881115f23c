import type { Network, Subnet } from '../reachability/network.ts';
import { internetGatewayOf } from '../reachability/routes.ts';
import type { Box } from './svg.ts';

const MARGIN = 32;
const ZONE_WIDTH = 300;
const ZONE_GAP = 24;
const ENDPOINT_WIDTH = 208;
const SUBNET_HEIGHT = 128;

export interface PlacedSubnet extends Subnet {
  box: Box;
  isPublic: boolean;
}

/** The positions of everything: zones beside each other, public subnets above private ones, endpoints to the right. */
export interface Layout {
  width: number;
  bottom: number;
  internet: Box;
  google: Box;
  vpc: Box;
  gateway: Box;
  balancer: Box | undefined;
  zones: { name: string; box: Box }[];
  subnets: PlacedSubnet[];
  endpoints: Box;
}

export function layOut(network: Network): Layout {
  const zones = [...new Set(network.subnets.map((subnet) => subnet.zone))].toSorted();
  const zonesWidth = zones.length * (ZONE_WIDTH + ZONE_GAP);
  const hasEndpoints = network.endpoints.length > 0;
  const vpc = {
    x: MARGIN,
    y: 190,
    width: zonesWidth + ZONE_GAP + (hasEndpoints ? ENDPOINT_WIDTH + ZONE_GAP : 0),
    height: 492,
  };
  const zoneBoxes = zones.map((name, index) => ({
    name,
    box: {
      x: vpc.x + ZONE_GAP + index * (ZONE_WIDTH + ZONE_GAP),
      y: vpc.y + 52,
      width: ZONE_WIDTH,
      height: 416,
    },
  }));
  const subnets = zoneBoxes.flatMap(({ name, box }) => placeSubnets(network, name, box));
  const balancerSubnets = subnets.filter(({ id }) => network.loadBalancer.subnetIds.includes(id));
  return {
    width: vpc.x * 2 + vpc.width,
    bottom: vpc.y + vpc.height,
    internet: { x: vpc.x, y: 78, width: 300, height: 62 },
    google: { x: vpc.x + vpc.width - 320, y: 78, width: 320, height: 62 },
    vpc,
    gateway: { x: vpc.x + vpc.width / 2 - 110, y: vpc.y - 18, width: 220, height: 36 },
    balancer: balancerSubnets.length > 0 ? across(balancerSubnets.map(({ box }) => box)) : undefined,
    zones: zoneBoxes,
    subnets,
    endpoints: { x: vpc.x + ZONE_GAP + zonesWidth, y: vpc.y + 52, width: ENDPOINT_WIDTH, height: 416 },
  };
}

function placeSubnets(network: Network, zone: string, box: Box): PlacedSubnet[] {
  const rows = network.subnets
    .filter((subnet) => subnet.zone === zone)
    .map((subnet) => ({ ...subnet, isPublic: internetGatewayOf(network, subnet.id) !== undefined }))
    .toSorted((a, b) => Number(b.isPublic) - Number(a.isPublic) || a.name.localeCompare(b.name));
  return rows.map((subnet, index) => ({
    ...subnet,
    box: {
      x: box.x + 12,
      y: box.y + 40 + index * (SUBNET_HEIGHT + 100),
      width: box.width - 24,
      height: SUBNET_HEIGHT,
    },
  }));
}

/** A bar across the upper part of these boxes. */
function across(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((box) => box.x));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const top = Math.min(...boxes.map((box) => box.y));
  return { x: left + 12, y: top + 34, width: right - left - 24, height: 38 };
}
