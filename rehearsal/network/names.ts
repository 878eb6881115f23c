import type { EndpointAddresses } from './edge-ways.ts';
import { AWS_SERVICES, awsName, GOOGLE_SERVICES } from './outside.ts';

/** Names of the internet outside our hosted zones, with their addresses. */
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
 * The answers of the VPC's resolver: the names of the internet, and the endpoint's addresses for services that have a
 * private endpoint.
 * https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
 */
export function namesInVpc(region: string, endpoints: EndpointAddresses): Map<string, readonly string[]> {
  const names = namesOutside(region);
  for (const [service, { addresses, privateDns }] of endpoints)
    if (privateDns) names.set(awsName(service, region), addresses);
  return names;
}
