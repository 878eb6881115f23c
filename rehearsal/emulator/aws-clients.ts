import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { ADMINISTRATOR, type Credentials } from './credentials.ts';

/** The region that is applied to. */
export const REGION = 'us-east-1';

/** What an AWS SDK client needs to speak to the emulator and to nothing else. */
export function emulatorSettings(url: string, region = REGION, credentials: Credentials = ADMINISTRATOR) {
  return {
    endpoint: url,
    region,
    credentials,
    maxAttempts: 2,
  };
}

export interface AwsClients {
  autoscaling: ApplicationAutoScalingClient;
  cloudwatch: CloudWatchClient;
  logs: CloudWatchLogsClient;
  ec2: EC2Client;
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  route53: Route53Client;
  secrets: SecretsManagerClient;
  waf: WAFV2Client;
}

/** Clients with which the rehearsal reads what was applied. */
export function createAwsClients(url: string, credentials: Credentials = ADMINISTRATOR): AwsClients {
  const settings = emulatorSettings(url, 'us-east-1', credentials);
  return {
    autoscaling: new ApplicationAutoScalingClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    logs: new CloudWatchLogsClient(settings),
    ec2: new EC2Client(settings),
    ecs: new ECSClient(settings),
    elb: new ElasticLoadBalancingV2Client(settings),
    route53: new Route53Client(settings),
    secrets: new SecretsManagerClient(settings),
    waf: new WAFV2Client(settings),
  };
}
