import { ACM } from '@aws-sdk/client-acm';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECR } from '@aws-sdk/client-ecr';
import { ECS } from '@aws-sdk/client-ecs';
import { IAM } from '@aws-sdk/client-iam';
import { Route53 } from '@aws-sdk/client-route-53';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import { STS } from '@aws-sdk/client-sts';
import { Resolver } from 'node:dns/promises';
import { readVariables, VARIABLES } from '../delivery/plan/variables.ts';
import { readVariable } from './github-api.ts';

/** Command-line options; everything else is looked up. */
export interface Given {
  /** owner/name on GitHub. */
  repository?: string;
  /** Staging's AWS account, 12 digits. */
  account?: string;
  /** Staging's region; defaults to its variable `region`. */
  region?: string;
  /** Values of terraform/aws/staging, as JSON: the intended value of LORNU_TERRAFORM_VARIABLES on GitHub. */
  variables?: string;
  /** Staging's Google Cloud project. */
  project?: string;
  /** Logins of those who may approve a deployment. */
  reviewers: readonly string[];
}

export interface Aws {
  acm: ACM;
  ec2: EC2;
  ecr: ECR;
  ecs: ECS;
  iam: IAM;
  quotas: ServiceQuotas;
  route53: Route53;
  secrets: SecretsManager;
  sts: STS;
}

/** Public DNS lookups; an empty list if there is no such record. */
export interface Dns {
  ns: (name: string) => Promise<string[]>;
  /** Issuers in the CAA records of exactly this name; undefined if it has none. */
  caa: (name: string) => Promise<string[] | undefined>;
}

/** Everything that a check may use. */
export interface Scene {
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  given: Given;
  /** The SDK's clients for staging's region. */
  aws: Aws;
  dns: Dns;
  /** For requests to the model. */
  fetch: typeof fetch;
  /** A Google Cloud access token; undefined if nobody is signed in. */
  googleToken: () => Promise<string | undefined>;
}

/** The SDK's clients, with the credentials that the SDK finds (AWS_PROFILE, aws sso login, ...). */
export function createAws(settings: { region: string; endpoint?: string }): Aws {
  const client = { maxAttempts: 3, ...settings };
  return {
    acm: new ACM(client),
    ec2: new EC2(client),
    ecr: new ECR(client),
    ecs: new ECS(client),
    iam: new IAM(client),
    quotas: new ServiceQuotas(client),
    route53: new Route53(client),
    secrets: new SecretsManager(client),
    sts: new STS(client),
  };
}

const NO_RECORD = new Set(['ENODATA', 'ENOTFOUND']);

/** Uses this machine's resolver. */
export function createDns(): Dns {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  const orNone = (error: unknown): undefined => {
    if (NO_RECORD.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  };
  return {
    ns: async (name) => (await resolver.resolveNs(name).catch(orNone)) ?? [],
    caa: async (name) => {
      const records = await resolver.resolveCaa(name).catch(orNone);
      if (!records?.length) return undefined;
      return records.flatMap(({ issue }) => (issue === undefined ? [] : [issue]));
    },
  };
}

export type Variables = Record<string, unknown>;

/**
 * Staging's values: from --variables, else from LORNU_TERRAFORM_VARIABLES here, else from GitHub. Throws CliError if
 * they are unreadable.
 */
export async function stagingVariables(scene: Scene): Promise<Variables> {
  const text =
    scene.given.variables ??
    scene.env[VARIABLES] ??
    (await readVariable(scene, VARIABLES).catch(() => undefined)) ??
    '';
  return readVariables({ [VARIABLES]: text });
}

/** A text value; anything else becomes empty. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export const DEFAULT_REGION = 'us-east-1';

/** Staging's region: the given one, else its variable, else Terraform's default. */
export async function stagingRegion(scene: Scene): Promise<string> {
  if (scene.given.region !== undefined) return scene.given.region;
  const { region } = await stagingVariables(scene).catch((): Variables => ({}));
  return textOf(region) || DEFAULT_REGION;
}
