import type { StackName } from './stacks.ts';

/** The zone that the rehearsal's account has before anything is applied. */
export const ZONE_NAME = 'lornu.example';
export const DOMAIN_NAME = `aws-staging.${ZONE_NAME}`;
export const FAILOVER_DOMAIN_NAME = `agent.${ZONE_NAME}`;
/** Whose jobs may take the roles. */
export const GITHUB_REPOSITORY = 'lornu-ai/lornu-aws-staging';
const PROJECT = 'lornu-staging';
/** The caller from Google Cloud; below, callers that may act for any user. */
export const PEER_EMAIL = `gcp-agent@${PROJECT}.iam.gserviceaccount.com`;
export const VERIFIER_EMAIL = `verifier@${PROJECT}.iam.gserviceaccount.com`;
/** Who may list and stop turns and refuse new ones (`lornu runs`). */
export const OPERATOR_EMAIL = `operator@${PROJECT}.iam.gserviceaccount.com`;
/** Machines that may act for users; each has its own limits, and a hundred streams exceed those of one. */
export const SERVICE_EMAILS: readonly string[] = [
  VERIFIER_EMAIL,
  ...Array.from({ length: 7 }, (_, index) => `client-${index + 1}@${PROJECT}.iam.gserviceaccount.com`),
];

/** What exists before Terraform: the zone, and the CA whose peers may call (PEM). */
export interface GivenByAccount {
  route53ZoneId: string;
  peerAuthority: string;
}

/**
 * Variables of a rehearsal, chosen so that every part of the stack exists: mutual TLS, fail-over, endpoints. A person's
 * --var options override them. RFC 2606 and RFC 5737 reserve the names and addresses for examples.
 */
export function rehearsalVariables(given: GivenByAccount): Record<StackName, Record<string, unknown>> {
  return {
    bootstrap: {
      github_repository: GITHUB_REPOSITORY,
      domain_zone_id: given.route53ZoneId,
      force_destroy: true,
    },
    staging: {
      image_digest: `sha256:${'0'.repeat(64)}`,
      revision: '0000000',
      deletion_protection: false,
      force_destroy: true,
      interface_endpoints: true,
      trace_share: 1,
      alarm_emails: [`operations@${ZONE_NAME}`],
      domain_name: DOMAIN_NAME,
      route53_zone_id: given.route53ZoneId,
      failover_domain_name: FAILOVER_DOMAIN_NAME,
      google_cloud_address: '203.0.113.10',
      peer_emails: [PEER_EMAIL],
      service_emails: SERVICE_EMAILS,
      operator_emails: [OPERATOR_EMAIL],
      peer_url: `https://gcp-agent.${ZONE_NAME}/a2a/lornu`,
      peer_fallback: true,
      sign_in: { domains: [ZONE_NAME] },
      mutual_tls: {
        ca_certificates: given.peerAuthority,
        peer_cidrs: ['203.0.113.0/24'],
        peers: { [`DNS:peer.${ZONE_NAME}`]: 'gcp-agent' },
      },
      google: {
        project_id: PROJECT,
        workload_identity_audience:
          '//iam.googleapis.com/projects/100000000000/locations/global/workloadIdentityPools/lornu-staging/providers/aws-staging',
        service_account_email: `agent@${PROJECT}.iam.gserviceaccount.com`,
        artifact_bucket: `${PROJECT}-artifacts`,
      },
    },
  };
}
