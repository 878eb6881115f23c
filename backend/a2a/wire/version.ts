import { A2A_VERSION_HEADER } from '@a2a-js/sdk';
import { A2A_LEGACY_PROTOCOL_VERSION } from '@a2a-js/sdk/compat/v0_3';
import { VersionNotSupportedError } from '@a2a-js/sdk/errors';
import { queryParameter } from '../../identity/request-target.ts';

/** Supported protocol versions, as messages name them: major and minor, without patch. */
export const VERSIONS = ['1.0', '0.3'] as const;
export type Version = (typeof VERSIONS)[number];

const FORM = /^(\d{1,3}\.\d{1,3})(?:\.\d{1,5})?$/;

/**
 * The requested version (specification 1.0.1, section 3.6): from the header, else the query parameter. Empty or missing
 * means 0.3; the patch number is ignored. Throws VersionNotSupportedError for any other.
 */
export function versionOf(request: Request): Version {
  const given =
    request.headers.get(A2A_VERSION_HEADER)?.trim() ||
    queryParameter(request.url, A2A_VERSION_HEADER)?.trim() ||
    A2A_LEGACY_PROTOCOL_VERSION;
  const asked = FORM.exec(given)?.[1];
  const version = VERSIONS.find((one) => one === asked);
  if (version) return version;
  throw new VersionNotSupportedError(
    `A2A ${given.slice(0, 32)} is not spoken here; ${VERSIONS.join(' and ')} are.`,
  );
}
