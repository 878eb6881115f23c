import type { Route53 } from '@aws-sdk/client-route-53';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandOptions } from '@lornu/ops/process/run-command.ts';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { REGION } from '../emulator/aws-clients.ts';
import { outsideNames } from '../network/outside.ts';
import { DOMAIN_NAME, FAILOVER_DOMAIN_NAME, ZONE_NAME, type GivenByAccount } from '../terraform/variables.ts';

const CERTIFICATES = join(import.meta.dir, '../aws/certificates.py');

/** Creates, once, what an account has before Terraform runs: the DNS zone and the certificates of the rehearsal. */
export async function giveAccount(
  route53: Route53,
  python: string,
  folder: string,
  options: CommandOptions,
): Promise<GivenByAccount> {
  const authorityPath = join(folder, 'peer-authority.pem');
  const existing = await readFile(authorityPath, 'utf8').catch(() => undefined);
  if (existing === undefined) {
    const hosts = [DOMAIN_NAME, FAILOVER_DOMAIN_NAME];
    // Google Cloud's load balancer answers for the shared name too (decision 0017).
    const outside = [...outsideNames(REGION), FAILOVER_DOMAIN_NAME];
    await runCommand([python, CERTIFICATES, folder, ...hosts, '--outside', ...outside], options);
  }
  return {
    route53ZoneId: (await findZone(route53)) ?? (await createZone(route53)),
    peerAuthority: existing ?? (await readFile(authorityPath, 'utf8')),
  };
}

/** Removes the zone, so that anything left is Terraform's. */
export async function takeBackAccount(route53: Route53): Promise<void> {
  const zoneId = await findZone(route53);
  if (zoneId) await route53.deleteHostedZone({ Id: zoneId });
}

async function findZone(route53: Route53): Promise<string | undefined> {
  const { HostedZones = [] } = await route53.listHostedZonesByName({ DNSName: ZONE_NAME });
  return HostedZones.find((zone) => zone.Name === `${ZONE_NAME}.`)
    ?.Id?.split('/')
    .at(-1);
}

async function createZone(route53: Route53): Promise<string> {
  const created = await route53.createHostedZone({ Name: ZONE_NAME, CallerReference: crypto.randomUUID() });
  return created.HostedZone?.Id?.split('/').at(-1) ?? '';
}
