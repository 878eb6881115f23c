import type { AnyClient } from './any-client.ts';
import { ANYBODY, fargate, type RuleCases, webAcl } from './rule-case.ts';

/** What an environment has: network, load balancer with a listener, gateway, endpoint, service. */
export interface Made {
  vpc: string;
  subnet: string;
  group: string;
  allocation: string;
  certificate: string;
  aclId: string;
  lockToken: string;
  zone: string;
  awayGroup: string;
  /** With a gateway and nothing else. */
  emptyVpc: string;
}

const text = (value: unknown, ...path: (string | number)[]): string => {
  let found = value;
  for (const name of path) found = (found as Record<string | number, unknown>)[name];
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')}`);
  return found;
};

/** Makes what the requests are refused for. */
export async function makeAccount(aws: AnyClient): Promise<Made> {
  const vpc = text(await aws.call('ec2:CreateVpc', { CidrBlock: '10.0.0.0/16' }), 'Vpc', 'VpcId');
  const subnets: string[] = [];
  for (const [index, zone] of ['us-east-1a', 'us-east-1b'].entries())
    subnets.push(
      text(
        await aws.call('ec2:CreateSubnet', {
          VpcId: vpc,
          CidrBlock: `10.0.${index}.0/24`,
          AvailabilityZone: zone,
        }),
        'Subnet',
        'SubnetId',
      ),
    );
  const group = text(
    await aws.call('ec2:CreateSecurityGroup', { GroupName: 'alb', Description: 'alb', VpcId: vpc }),
    'GroupId',
  );
  const gateway = text(await aws.call('ec2:CreateInternetGateway'), 'InternetGateway', 'InternetGatewayId');
  await aws.call('ec2:AttachInternetGateway', { InternetGatewayId: gateway, VpcId: vpc });
  const allocation = text(await aws.call('ec2:AllocateAddress', { Domain: 'vpc' }), 'AllocationId');
  await aws.call('ec2:CreateNatGateway', { SubnetId: subnets[0], AllocationId: allocation });
  const balancer = text(
    await aws.call('elbv2:CreateLoadBalancer', {
      Name: 'alb',
      Subnets: subnets,
      SecurityGroups: [group],
      Scheme: 'internet-facing',
    }),
    'LoadBalancers',
    0,
    'LoadBalancerArn',
  );
  const certificate = text(
    await aws.call('acm:RequestCertificate', { DomainName: 'lornu.example', ValidationMethod: 'DNS' }),
    'CertificateArn',
  );
  await aws.call('elbv2:CreateListener', {
    LoadBalancerArn: balancer,
    Protocol: 'HTTPS',
    Port: 443,
    Certificates: [{ CertificateArn: certificate }],
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '401' } }],
  });
  const awayGroup = text(
    await aws.call('elbv2:CreateTargetGroup', {
      Name: 'away',
      Protocol: 'HTTP',
      Port: 8080,
      VpcId: vpc,
      TargetType: 'ip',
    }),
    'TargetGroups',
    0,
    'TargetGroupArn',
  );
  await aws.call('ecs:CreateCluster', { clusterName: 'c' });
  await aws.call('ecs:RegisterTaskDefinition', fargate());
  await aws.call('ecs:CreateService', {
    cluster: 'c',
    serviceName: 's',
    taskDefinition: 'agent',
    desiredCount: 0,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: [subnets[1]], securityGroups: [group] } },
  });
  const acl = await aws.call('wafv2:CreateWebACL', webAcl([1]));
  await aws.call('wafv2:AssociateWebACL', { WebACLArn: text(acl, 'Summary', 'ARN'), ResourceArn: balancer });
  const zone = text(
    await aws.call('route53:CreateHostedZone', { Name: 'lornu.example', CallerReference: 'a' }),
    'HostedZone',
    'Id',
  );
  const record = {
    Name: 'agent.lornu.example',
    Type: 'A',
    TTL: 60,
    ResourceRecords: [{ Value: '203.0.113.1' }],
  };
  await aws.call('route53:ChangeResourceRecordSets', {
    HostedZoneId: zone,
    ChangeBatch: { Changes: [{ Action: 'CREATE', ResourceRecordSet: record }] },
  });
  await aws.call('secretsmanager:CreateSecret', { Name: 'lornu/a', SecretString: 'a' });
  await aws.call('secretsmanager:DeleteSecret', { SecretId: 'lornu/a' });
  await aws.call('iam:CreateRole', { RoleName: 'full', AssumeRolePolicyDocument: ANYBODY });
  for (let count = 0; count < 10; count++) {
    const { Policy } = await aws.call('iam:CreatePolicy', {
      PolicyName: `p${count}`,
      PolicyDocument: ANYBODY.replace(/"Principal":\{[^}]*\}/, '"Resource":"*"'),
    });
    await aws.call('iam:AttachRolePolicy', { RoleName: 'full', PolicyArn: text(Policy, 'Arn') });
  }
  await aws.call('iam:CreateRole', {
    RoleName: 'own',
    AssumeRolePolicyDocument: ANYBODY.replace('"Service":"ec2.amazonaws.com"', '"AWS":"123456789012"'),
  });
  const emptyVpc = text(await aws.call('ec2:CreateVpc', { CidrBlock: '10.1.0.0/16' }), 'Vpc', 'VpcId');
  const other = text(await aws.call('ec2:CreateInternetGateway'), 'InternetGateway', 'InternetGatewayId');
  await aws.call('ec2:AttachInternetGateway', { InternetGatewayId: other, VpcId: emptyVpc });
  return {
    emptyVpc,
    vpc,
    subnet: subnets[0] ?? '',
    group,
    allocation,
    certificate,
    zone,
    awayGroup,
    aclId: text(acl, 'Summary', 'Id'),
    lockToken: text(acl, 'Summary', 'LockToken'),
  };
}

/** Requests that are refused for what the account has (account_rules.py). */
export const ACCOUNT_RULE_CASES: RuleCases<Made> = {
  'group-in-use': ['ec2:DeleteSecurityGroup', (made) => ({ GroupId: made.group }), /has a dependent object/],
  'subnet-in-use': [
    'ec2:DeleteSubnet',
    (made) => ({ SubnetId: made.subnet }),
    /has dependencies and cannot be deleted/,
  ],
  'vpc-in-use': [
    'ec2:DeleteVpc',
    (made) => ({ VpcId: made.emptyVpc }),
    /has dependencies and cannot be deleted/,
  ],
  'public-addresses': [
    'ec2:DetachInternetGateway',
    (made) => ({ VpcId: made.vpc, InternetGatewayId: 'igw-1' }),
    /mapped public address/,
  ],
  'address-in-use': ['ec2:ReleaseAddress', (made) => ({ AllocationId: made.allocation }), /in use/],
  'cluster-in-use': ['ecs:DeleteCluster', { cluster: 'c' }, /while Services are active/],
  'group-without-balancer': [
    'ecs:CreateService',
    (made) => ({
      cluster: 'c',
      serviceName: 't',
      taskDefinition: 'agent',
      loadBalancers: [{ targetGroupArn: made.awayGroup, containerName: 'agent', containerPort: 8080 }],
    }),
    /does not have an associated load balancer/,
  ],
  'certificate-in-use': [
    'acm:DeleteCertificate',
    (made) => ({ CertificateArn: made.certificate }),
    /is in use/,
  ],
  'firewall-in-use': [
    'wafv2:DeleteWebACL',
    (made) => ({ Name: 'acl', Scope: 'REGIONAL', Id: made.aclId, LockToken: made.lockToken }),
    /being used by another resource/,
  ],
  'other-records': [
    'route53:ChangeResourceRecordSets',
    (made) => ({
      HostedZoneId: made.zone,
      ChangeBatch: {
        Changes: [
          {
            Action: 'CREATE',
            ResourceRecordSet: {
              Name: 'agent.lornu.example',
              Type: 'A',
              SetIdentifier: 'aws',
              Failover: 'PRIMARY',
              TTL: 60,
              ResourceRecords: [{ Value: '203.0.113.2' }],
            },
          },
        ],
      },
    }),
    /other RRSets exist with the same name and type/,
  ],
  'secret-name-waits': ['secretsmanager:CreateSecret', { Name: 'lornu/a' }, /already scheduled for deletion/],
  'role-policies': [
    'iam:AttachRolePolicy',
    { RoleName: 'full', PolicyArn: 'arn:aws:iam::123456789012:policy/other' },
    /PoliciesPerRole: 10/,
  ],
  'role-inline-size': [
    'iam:PutRolePolicy',
    { RoleName: 'full', PolicyName: 'a', PolicyDocument: 'x'.repeat(10_241) },
    /10240 bytes/,
  ],
  'session-policies': [
    'sts:AssumeRole',
    {
      RoleArn: 'arn:aws:iam::123456789012:role/own',
      RoleSessionName: 'many',
      PolicyArns: Array.from({ length: 11 }, (_, count) => ({
        arn: `arn:aws:iam::123456789012:policy/p${count % 10}`,
      })),
    },
    /at most 10 managed policies/,
  ],
  'session-policy-missing': [
    'sts:AssumeRole',
    {
      RoleArn: 'arn:aws:iam::123456789012:role/own',
      RoleSessionName: 'missing',
      PolicyArns: [{ arn: 'arn:aws:iam::123456789012:policy/gone' }],
    },
    /policy\/gone does not exist/,
  ],
};
