import { SERVICES } from '../../aws-resources/resource-types.ts';

/** The provider's Go module: a snapshot after release 6.47.0, the newest that the module proxy offers. */
export const PROVIDER_MODULE = 'github.com/hashicorp/terraform-provider-aws';
export const PROVIDER_MODULE_VERSION = 'v1.60.1-0.20260602190131-5f2286d6d836';

/** The oldest Go that its go.mod accepts. */
export const PROVIDER_GO_VERSION = '1.26.3';

/** Service packages to build, by the folder below internal/service. `meta` holds data sources of the provider itself. */
export const PROVIDER_SERVICES: readonly string[] = [...SERVICES, 'meta'].toSorted();

/** What a fixed wait of the provider becomes: the emulator answers at once. */
export const SHORT_WAIT = '100 * time.Millisecond';
