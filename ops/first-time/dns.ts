import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import { missing, ok, type Requirement } from './requirement.ts';
import { stagingVariables, textOf, type Scene } from './scene.ts';

/**
 * Names in a CAA record that allow Amazon to issue certificates.
 * https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
 */
const AMAZON = new Set(['amazon.com', 'amazontrust.com', 'awstrust.com', 'amazonaws.com']);
const NOT_HERE = 'DNS is not in Route 53 (route53_zone_id is not set)';

const value = async (scene: Scene, name: string): Promise<string> =>
  textOf((await stagingVariables(scene))[name]);
/** A DNS name in the form used for comparison. */
const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const named: Requirement = {
  id: 'dns-name',
  provider: 'dns',
  title: "staging's values name a domain, and its zone or its certificate",
  look: async (scene) => {
    const domain = await value(scene, 'domain_name');
    const [zone, certificate] = [
      await value(scene, 'route53_zone_id'),
      await value(scene, 'certificate_arn'),
    ];
    const next =
      './lornu setup --variables FILE (terraform/README.md, "First-time setup", has what stands in it)';
    if (!domain) return missing('there is no domain_name', next);
    if ((zone === '') === (certificate === '')) {
      return missing('set route53_zone_id or certificate_arn, one of them', next);
    }
    return ok(`${domain}, ${zone ? `zone ${zone}` : 'with a certificate of its own'}`);
  },
};

async function readZone(scene: Scene, id: string): Promise<{ name: string; servers: string[] } | undefined> {
  try {
    const { HostedZone, DelegationSet } = await scene.aws.route53.getHostedZone({ Id: id });
    return { name: plain(HostedZone?.Name ?? ''), servers: (DelegationSet?.NameServers ?? []).map(plain) };
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchHostedZone') return undefined;
    throw error;
  }
}

const zone: Requirement = {
  id: 'dns-zone',
  provider: 'dns',
  title: 'the zone is in this account and holds the domain',
  after: ['aws-account', named.id],
  look: async (scene) => {
    const id = await value(scene, 'route53_zone_id');
    if (!id) return ok(NOT_HERE);
    const [found, domain] = [await readZone(scene, id), await value(scene, 'domain_name')];
    if (!found) {
      return missing(
        `there is no zone ${id} in this account`,
        'aws route53 list-hosted-zones prints those that are there; correct route53_zone_id',
      );
    }
    return domain === found.name || domain.endsWith(`.${found.name}`)
      ? ok(found.name)
      : missing(`${domain} does not lie in the zone ${found.name}`, 'correct domain_name or route53_zone_id');
  },
};

const delegation: Requirement = {
  id: 'dns-delegation',
  provider: 'dns',
  title: "the domain's parent delegates to the zone",
  after: [zone.id],
  look: async (scene) => {
    const id = await value(scene, 'route53_zone_id');
    if (!id) return ok(NOT_HERE);
    const { name, servers } = (await readZone(scene, id)) ?? { name: '', servers: [] };
    const public_ = (await scene.dns.ns(name)).map(plain);
    return public_.length > 0 && public_.every((server) => servers.includes(server))
      ? ok(public_.toSorted().join(', '))
      : missing(
          public_.length === 0
            ? `nobody delegates ${name}: the certificate would never be issued`
            : `${name} is delegated to ${public_.toSorted().join(', ')}: the certificate would never be issued`,
          `at the parent of ${name} (its registrar), set these NS records: ${servers.toSorted().join(', ')}`,
        );
  },
};

const caa: Requirement = {
  id: 'dns-caa',
  provider: 'dns',
  title: 'no CAA record keeps Amazon from issuing the certificate',
  after: [named.id],
  look: async (scene) => {
    const { domain_name: domain, failover_domain_name: failover } = await stagingVariables(scene);
    for (const name of [textOf(domain), textOf(failover)].filter(Boolean)) {
      const found = await nearestCaa(scene, name);
      // Records without an issuer (only iodef) restrict nobody.
      if (!found || found.issuers.length === 0) continue;
      if (!found.issuers.some((issuer) => AMAZON.has(issuer.split(';')[0]?.trim().toLowerCase() ?? ''))) {
        return missing(
          `the CAA records of ${found.name} let only ${found.issuers.join(', ') || 'nobody'} issue`,
          `at the DNS of ${found.name} add: ${found.name}. CAA 0 issue "amazon.com"`,
        );
      }
    }
    return ok('none does');
  },
};

/**
 * The closest name, from the given one up through its parents, that has CAA records: it decides. RFC 8659, section 3
 */
async function nearestCaa(
  { dns }: Scene,
  domain: string,
): Promise<{ name: string; issuers: string[] } | undefined> {
  const labels = plain(domain).split('.');
  for (let first = 0; first < labels.length; first += 1) {
    const name = labels.slice(first).join('.');
    const issuers = await dns.caa(name);
    if (issuers !== undefined) return { name, issuers };
  }
  return undefined;
}

const certificate: Requirement = {
  id: 'dns-certificate',
  provider: 'dns',
  title: 'the certificate is issued for the domain, or staging makes it',
  after: ['aws-account', named.id],
  look: async (scene) => {
    const [arn, domain] = [await value(scene, 'certificate_arn'), await value(scene, 'domain_name')];
    if (!arn) return ok('staging makes it, validated in the zone');
    const found = await scene.aws.acm.describeCertificate({ CertificateArn: arn }).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    });
    const { Status, DomainName, SubjectAlternativeNames = [] } = found?.Certificate ?? {};
    const request = `aws acm request-certificate --domain-name ${domain} --validation-method DNS (terraform/README.md, "With DNS that is not Route 53")`;
    if (!Status) return missing('there is none with that ARN in this account and region', request);
    const names = new Set([DomainName ?? '', ...SubjectAlternativeNames]);
    const wildcard = `*.${domain.split('.').slice(1).join('.')}`;
    if (!names.has(domain) && !names.has(wildcard))
      return missing(`it is for ${DomainName}, not for ${domain}`, request);
    return Status === 'ISSUED'
      ? ok('issued')
      : missing(
          `it is not issued yet (${Status})`,
          `aws acm describe-certificate --certificate-arn ${arn} --query Certificate.DomainValidationOptions shows the CNAME to create`,
        );
  },
};

const failover: Requirement = {
  id: 'dns-failover',
  provider: 'dns',
  title: 'no plain record stands where the fail-over records go',
  after: [zone.id],
  look: async (scene) => {
    const [id, name] = [await value(scene, 'route53_zone_id'), await value(scene, 'failover_domain_name')];
    if (!id || !name) return ok('no failover_domain_name');
    const { ResourceRecordSets = [] } = await scene.aws.route53.listResourceRecordSets({
      HostedZoneId: id,
      StartRecordName: name,
      MaxItems: 20,
    });
    const inTheWay = ResourceRecordSets.find(
      (record) => plain(record.Name ?? '') === plain(name) && isPlain(record),
    );
    return inTheWay
      ? missing(
          `${name} has a plain ${inTheWay.Type} record, TTL ${inTheWay.TTL ?? 'of an alias'}: Route 53 refuses a failover record beside it`,
          'lower its TTL to 60 the day before; delete it just before you approve the apply',
        )
      : ok('none does');
  },
};

const isPlain = ({ Type, Failover }: ResourceRecordSet): boolean =>
  ['A', 'AAAA', 'CNAME'].includes(Type ?? '') && Failover === undefined;

export const DNS: readonly Requirement[] = [named, zone, delegation, caa, certificate, failover];
