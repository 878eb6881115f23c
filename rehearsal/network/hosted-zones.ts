import type { ResourceRecordSet, Route53 } from '@aws-sdk/client-route-53';

/** The contents of Route 53 that DNS answers depend on. */
export interface HostedZones {
  records: AddressRecord[];
  healthChecks: HealthCheck[];
}

/** An A record: addresses, or an alias of another AWS name. */
export interface AddressRecord {
  name: string;
  addresses: string[];
  alias: { name: string; evaluateHealth: boolean } | undefined;
  failover: 'PRIMARY' | 'SECONDARY' | undefined;
  healthCheckId: string | undefined;
  /** Seconds; an alias of a load balancer has 60. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html */
  ttlS: number;
}

const ALIAS_TTL_S = 60;

export interface HealthCheck {
  id: string;
  address: string;
  port: number;
  /** Sent in the request, and with TLS. */
  hostName: string;
  path: string;
  tls: boolean;
  intervalS: number;
  threshold: number;
}

/** Reads every zone of the account. Other types of records are not used here. */
export async function readHostedZones(route53: Route53): Promise<HostedZones> {
  const [{ HostedZones: zones = [] }, { HealthChecks: checks = [] }] = await Promise.all([
    route53.listHostedZones({}),
    route53.listHealthChecks({}),
  ]);
  const sets = await Promise.all(
    zones.map(async ({ Id }) => route53.listResourceRecordSets({ HostedZoneId: Id })),
  );
  return {
    records: sets.flatMap(({ ResourceRecordSets: records = [] }) =>
      records.filter(({ Type }) => Type === 'A').map(toRecord),
    ),
    healthChecks: checks.map(({ Id = '', HealthCheckConfig: config }) => ({
      id: Id,
      address: config?.IPAddress ?? '',
      port: config?.Port ?? 443,
      hostName: config?.FullyQualifiedDomainName ?? config?.IPAddress ?? '',
      path: config?.ResourcePath ?? '/',
      tls: config?.Type?.startsWith('HTTPS') ?? false,
      intervalS: config?.RequestInterval ?? 30,
      threshold: config?.FailureThreshold ?? 3,
    })),
  };
}

function toRecord(set: ResourceRecordSet): AddressRecord {
  const { AliasTarget: alias } = set;
  return {
    name: bare(set.Name),
    addresses: (set.ResourceRecords ?? []).map(({ Value = '' }) => Value),
    alias: alias && { name: bare(alias.DNSName), evaluateHealth: alias.EvaluateTargetHealth ?? false },
    failover: set.Failover,
    healthCheckId: set.HealthCheckId,
    ttlS: set.TTL ?? ALIAS_TTL_S,
  };
}

/** Without the final dot. AWS shows the name of a load balancer with the prefix `dualstack.`. */
function bare(name = ''): string {
  return name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');
}

/** The target of an AWS name, and whether it is healthy. */
export interface AliasTarget {
  addresses: readonly string[];
  isHealthy: boolean;
}

/**
 * The addresses of each name. A failover pair answers with its primary while that is healthy, otherwise with its
 * secondary. If neither is healthy, it answers with the primary.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-private-hosted-zones.html
 */
export function answersOf(
  { records }: HostedZones,
  targets: ReadonlyMap<string, AliasTarget>,
  isPassing: (healthCheckId: string) => boolean,
): Map<string, readonly string[]> {
  const isHealthy = ({ alias, healthCheckId }: AddressRecord): boolean =>
    (healthCheckId === undefined || isPassing(healthCheckId)) &&
    (!alias?.evaluateHealth || targets.get(alias.name)?.isHealthy === true);
  const addressesOf = ({ alias, addresses }: AddressRecord): readonly string[] =>
    alias ? (targets.get(alias.name)?.addresses ?? []) : addresses;
  const names = Map.groupBy(records, ({ name }) => name);
  return new Map(
    [...names].map(([name, all]) => {
      const primary = all.find(({ failover }) => failover !== 'SECONDARY');
      const chosen = primary && isHealthy(primary) ? primary : (all.find(isHealthy) ?? primary);
      return [name, chosen ? addressesOf(chosen) : []];
    }),
  );
}
