import { SERVICES } from '@lornu/ops/aws-resources/resource-types.ts';

/** Sorts behind every file of ours; Terraform merges files named *_override.tf into the others. */
export const OVERRIDE_FILE = 'zz_rehearsal_override.tf';

/**
 * What a rehearsal changes about a stack, and all that it changes: state on this disk instead of HCP Terraform,
 * credentials that no account knows, and endpoints on loopback.
 * https://developer.hashicorp.com/terraform/language/files/override
 */
export function renderOverride(emulatorUrl: string): string {
  const credentials = [
    'access_key                  = "rehearsal"',
    'secret_key                  = "rehearsal"',
  ];
  return `terraform {
  backend "local" {}
}

${renderProvider(emulatorUrl, credentials)}`;
}

/** The part that sends the provider to the emulator; with its own credentials it keeps those of the environment. */
export function renderProvider(emulatorUrl: string, credentials: readonly string[] = []): string {
  const endpoints = SERVICES.map((service) => `    ${service} = "${emulatorUrl}"`).join('\n');
  return `provider "aws" {
${credentials.map((line) => `  ${line}\n`).join('')}  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  retry_mode                  = "standard"
  max_retries                 = 2

  endpoints {
${endpoints}
  }
}
`;
}
