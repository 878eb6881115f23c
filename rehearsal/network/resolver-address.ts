import { parseCidr } from '../reachability/cidr.ts';
import type { Network } from '../reachability/network.ts';
import { toAddress } from './interfaces.ts';

/** The VPC's resolver is the third address of its range. https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
export function resolverAddress({ vpc }: Network): string {
  return toAddress((parseCidr(vpc.cidr)?.first ?? 0) + 2);
}

/** The address of a task's metadata and credentials. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
export const TASK_ENDPOINT = '169.254.170.2';
