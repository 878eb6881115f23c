/**
 * Addresses of the AWS services that have a prefix list: documentation addresses (RFC 5737) instead of Amazon's.
 * https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
 */
export const GATEWAY_SERVICES = '192.0.2.224/28';

/** The ranges of a prefix list; the VPC's gateway endpoints (S3, DynamoDB) are the only ones that have one here. */
export function prefixListRanges(id: string): string[] {
  return id.startsWith('pl-') ? [GATEWAY_SERVICES] : [];
}
