import { SERVICES } from '@lornu/ops/aws-resources/resource-types.ts';

/** Sorts after all our files; Terraform merges files named *_override.tf into the others. */
export const OVERRIDE_FILE = 'zz_rehearsal_override.tf';

/**
 * All changes that a rehearsal makes to a stack: state on this disk instead of HCP Terraform, and endpoints on
 * loopback. https://developer.hashicorp.com/terraform/language/files/override
 */
export function renderOverride(emulatorUrl: string): string {
  return `terraform {
  backend "local" {}
}

${renderProvider(emulatorUrl)}`;
}

/** The part that directs the provider to the emulator; credentials come from the environment. */
export function renderProvider(emulatorUrl: string): string {
  const endpoints = SERVICES.map((service) => `    ${service} = "${emulatorUrl}"`).join('\n');
  return `provider "aws" {
  skip_credentials_validation = true
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
