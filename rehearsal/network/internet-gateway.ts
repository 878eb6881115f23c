import type { Interface } from './interfaces.ts';

/** The router's links out of the VPC: to the internet, and to AWS's services through gateway endpoints. */
export const INTERNET_LINK = 'igw';
export const ENDPOINT_LINK = 'vpce';

/**
 * An internet gateway translates between the private and the public address of an interface. An interface without a
 * public address can neither send nor receive through it. https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
 */
export function internetGatewayNat(interfaces: readonly Interface[]): string[] {
  return withPublicAddress(interfaces).flatMap(({ address, publicAddress }) => [
    `-A PREROUTING -i ${INTERNET_LINK} -d ${publicAddress} -j DNAT --to-destination ${address}`,
    `-A POSTROUTING -o ${INTERNET_LINK} -s ${address} -j SNAT --to-source ${publicAddress}`,
  ]);
}

export function internetGatewayRules(interfaces: readonly Interface[]): string[] {
  return [
    `-A FORWARD -i ${INTERNET_LINK} -m conntrack ! --ctstate DNAT -j DROP`,
    ':has-public - [0:0]',
    ...withPublicAddress(interfaces).map(({ address }) => `-A has-public -s ${address} -j RETURN`),
    '-A has-public -j DROP',
    `-A FORWARD -o ${INTERNET_LINK} -j has-public`,
  ];
}

function withPublicAddress(interfaces: readonly Interface[]): Interface[] {
  return interfaces.filter(({ publicAddress }) => publicAddress !== undefined);
}
