/** The provider's Go module: a snapshot after release 6.47.0, the newest that the module proxy offers. */
export const PROVIDER_MODULE = 'github.com/hashicorp/terraform-provider-aws';
export const PROVIDER_MODULE_VERSION = 'v1.60.1-0.20260602190131-5f2286d6d836';

/** Smallest Go that its go.mod asks for. */
export const PROVIDER_GO_VERSION = '1.26.3';

/**
 * Service packages that terraform/aws uses, by the folder below internal/service. `meta` holds data sources of
 * the provider itself; `s3control` tags buckets; `ssm` and `sts` are what other packages call.
 */
export const PROVIDER_SERVICES = [
  'acm',
  'appautoscaling',
  'budgets',
  'cloudwatch',
  'ec2',
  'ecr',
  'ecs',
  'elbv2',
  'events',
  'iam',
  'kms',
  'logs',
  'meta',
  'route53',
  's3',
  's3control',
  'secretsmanager',
  'sns',
  'sts',
  'wafv2',
] as const;

/** What a fixed wait of the provider becomes: the emulator answers at once. */
export const SHORT_WAIT = '100 * time.Millisecond';
