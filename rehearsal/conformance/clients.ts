import { ACMClient } from '@aws-sdk/client-acm';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient, type ECSClientConfig } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';

/** SDK clients of the AWS services that the probe stack and the checks use. */
export interface Clients {
  acm: ACMClient;
  cloudwatch: CloudWatchClient;
  ec2: EC2Client;
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  iam: IAMClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
  secrets: SecretsManagerClient;
  sts: STSClient;
}

export type ClientSettings = Pick<ECSClientConfig, 'endpoint' | 'region' | 'credentials' | 'maxAttempts'>;

/** Creates the clients for one account and region. */
export function createClients(settings: ClientSettings): Clients {
  return {
    acm: new ACMClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    ec2: new EC2Client(settings),
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    iam: new IAMClient(settings),
    logs: new CloudWatchLogsClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: settings.endpoint !== undefined }),
    secrets: new SecretsManagerClient(settings),
    sts: new STSClient(settings),
  };
}
