import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53 } from '@aws-sdk/client-route-53';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { WAFV2 } from '@aws-sdk/client-wafv2';
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
  autoscaling: ApplicationAutoScaling;
  cloudwatch: CloudWatch;
  logs: CloudWatchLogs;
  ec2: EC2;
  ecs: ECS;
  elb: ElasticLoadBalancingV2;
  route53: Route53;
  secrets: SecretsManager;
  waf: WAFV2;
}

/** Clients with which the rehearsal reads what was applied. */
export function createAwsClients(url: string, credentials: Credentials = ADMINISTRATOR): AwsClients {
  const settings = emulatorSettings(url, 'us-east-1', credentials);
  return {
    autoscaling: new ApplicationAutoScaling(settings),
    cloudwatch: new CloudWatch(settings),
    logs: new CloudWatchLogs(settings),
    ec2: new EC2(settings),
    ecs: new ECS(settings),
    elb: new ElasticLoadBalancingV2(settings),
    route53: new Route53(settings),
    secrets: new SecretsManager(settings),
    waf: new WAFV2(settings),
  };
}
