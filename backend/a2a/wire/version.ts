import { A2A_VERSION_HEADER } from '@a2a-js/sdk';
import { A2A_LEGACY_PROTOCOL_VERSION } from '@a2a-js/sdk/compat/v0_3';
import { VersionNotSupportedError } from '@a2a-js/sdk/errors';
import { queryParameter } from '../../identity/request-target.ts';

/** The versions of the protocol that are spoken, as a message names them: major and minor, never a patch. */
export const VERSIONS = ['1.0', '0.3'] as const;
export type Version = (typeof VERSIONS)[number];

const FORM = /^(\d{1,3}\.\d{1,3})(?:\.\d{1,5})?$/;

/**
 * The version that a request asks for (specification 1.0.1, 3.6): of the header, else of the query parameter; none or an
 * empty one is 0.3; a patch number does not count. Throws VersionNotSupportedError for any other.
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
