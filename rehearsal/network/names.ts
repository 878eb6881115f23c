import type { EndpointAddresses } from './edge-ways.ts';
import { AWS_SERVICES, awsName, GOOGLE_SERVICES } from './outside.ts';

/** Names of the internet that are nobody's hosted zone here, with their addresses. */
export function namesOutside(region: string): Map<string, readonly string[]> {
  return new Map([
    ...Object.values(GOOGLE_SERVICES).flatMap(({ names, address }) =>
      names.map((name): [string, string[]] => [name, [address]]),
    ),
    ...Object.entries(AWS_SERVICES).map(([service, address]): [string, string[]] => [
      awsName(service, region),
      [address],
    ]),
  ]);
}

/**
 * What the VPC's resolver answers: the names of the internet, but for services with a private endpoint its addresses.
 * https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
 */
export function namesInVpc(region: string, endpoints: EndpointAddresses): Map<string, readonly string[]> {
  const names = namesOutside(region);
  for (const [service, { addresses, privateDns }] of endpoints)
    if (privateDns) names.set(awsName(service, region), addresses);
  return names;
}
