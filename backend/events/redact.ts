import { parseJson } from '../json/parse-json.ts';

/** Keys that hold a credential's secret, in both casings: those that google-adk 2.13 strips from every response. */
const SECRET_KEYS = new Set(
  [
    'password token additionalHeaders additional_headers clientSecret client_secret authResponseUri',
    'auth_response_uri authCode auth_code accessToken access_token refreshToken refresh_token idToken id_token',
    'codeVerifier code_verifier privateKeyId private_key_id privateKey private_key apiKey api_key',
  ].flatMap((line) => line.split(' ')),
);

/** AuthCredentialTypes: values, names, and names in lower case. */
const AUTH_TYPES = new Set(
  [
    'apiKey http oauth2 openIdConnect serviceAccount',
    'API_KEY HTTP OAUTH2 OPEN_ID_CONNECT SERVICE_ACCOUNT',
    'api_key open_id_connect service_account',
  ].flatMap((line) => line.split(' ')),
);

const AUTH_CARRIERS = new Set([
  'requestedAuthConfigs',
  'requested_auth_configs',
  'rawAuthCredential',
  'raw_auth_credential',
  'exchangedAuthCredential',
  'exchanged_auth_credential',
]);

const INTERNAL_METADATA_PREFIX = '__adk_internal_';

/** Every text with something to hide matches this. Most texts do not, and skip the walk. */
const TRIGGER =
  /"auth(?:Type|_type)"|adk_request_credential|uth(?:C|_c)redential"|"requested(AuthConfigs|_auth_configs)":\{"|__adk_internal_/;

/**
 * The JSON of a wire value for callers: without credential secrets and ADK's internal metadata, by the rules of
 * google-adk's API server.
 */
export function toPublicJson(wire: unknown): string {
  const json = JSON.stringify(wire);
  return hidesSomething(json) ? JSON.stringify(redact(parseJson(json))) : json;
}

/** Whether callers may not see all of this JSON. */
export function hidesSomething(json: string): boolean {
  return mayMatch(json) && TRIGGER.test(json);
}

/** Looks for a part of each of TRIGGER's alternatives, in a quarter of its time: rare first letters are found fast. */
function mayMatch(json: string): boolean {
  return (
    json.includes('_') || json.includes('Type"') || json.includes('Configs":{') || json.includes('Credential')
  );
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (!isRecord(value)) return value;
  const authType = value['authType'] ?? value['auth_type'];
  if (typeof authType === 'string' && AUTH_TYPES.has(authType)) return stripSecrets(value);
  const isCredentialCall = value['name'] === 'adk_request_credential';
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (AUTH_CARRIERS.has(key) || (isCredentialCall && (key === 'args' || key === 'response')))
      result[key] = stripSecrets(item);
    else if (key === 'customMetadata' && isRecord(item)) {
      const shown = withoutInternalMetadata(item);
      if (shown) result[key] = redact(shown);
    } else result[key] = redact(item);
  }
  return result;
}

function stripSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripSecrets);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !SECRET_KEYS.has(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, stripSecrets(item)]));
}

/** Custom metadata without ADK's internal keys; undefined if nothing is left. */
export function withoutInternalMetadata(
  metadata: Record<string, unknown>,
): Record<string, unknown> | undefined {
  const kept = Object.entries(metadata).filter(([key]) => !key.startsWith(INTERNAL_METADATA_PREFIX));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
