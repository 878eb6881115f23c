import { ACM } from '@aws-sdk/client-acm';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS, type ECSClientConfig } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { STS } from '@aws-sdk/client-sts';

/** SDK clients of the AWS services that the probe stack and the checks use. */
export interface Clients {
  acm: ACM;
  cloudwatch: CloudWatch;
  ec2: EC2;
  ecs: ECS;
  elb: ElasticLoadBalancingV2;
  iam: IAM;
  logs: CloudWatchLogs;
  s3: S3;
  secrets: SecretsManager;
  sts: STS;
}

export type ClientSettings = Pick<ECSClientConfig, 'endpoint' | 'region' | 'credentials' | 'maxAttempts'>;

/** Creates the clients for one account and region. */
export function createClients(settings: ClientSettings): Clients {
  return {
    acm: new ACM(settings),
    cloudwatch: new CloudWatch(settings),
    ec2: new EC2(settings),
    ecs: new ECS(settings),
    elb: new ElasticLoadBalancingV2(settings),
    iam: new IAM(settings),
    logs: new CloudWatchLogs(settings),
    s3: new S3({ ...settings, forcePathStyle: settings.endpoint !== undefined }),
    secrets: new SecretsManager(settings),
    sts: new STS(settings),
  };
}
