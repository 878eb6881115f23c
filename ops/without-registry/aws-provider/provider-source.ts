import { SERVICES } from '../../aws-resources/resource-types.ts';

/** The provider's Go module: a snapshot after release 6.47.0, the newest one on the module proxy. */
export const PROVIDER_MODULE = 'github.com/hashicorp/terraform-provider-aws';
export const PROVIDER_MODULE_VERSION = 'v1.60.1-0.20260602190131-5f2286d6d836';

/** The oldest Go that its go.mod accepts. */
export const PROVIDER_GO_VERSION = '1.26.3';

/**
 * Service packages to build, by their folder below internal/service. `meta` holds data sources of the provider itself.
 */
export const PROVIDER_SERVICES: readonly string[] = [...SERVICES, 'meta'].toSorted();

/** Replacement for the provider's fixed waits, as the emulator answers at once. */
export const SHORT_WAIT = '100 * time.Millisecond';
