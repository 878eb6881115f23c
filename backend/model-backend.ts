import type { ModelConfig } from './config/config.ts';
import { accessTokens } from './google-access.ts';
import { type GoogleIdentity, SCOPES } from './identity/google/google-identity.ts';
import type { Secret } from './identity/secrets/secret.ts';
import type { ModelBackend } from './model/model-settings.ts';

/** The configured model for the model layer; key and token are requested on each call. */
export function modelBackend(
  model: ModelConfig,
  apiKey: Secret,
  google: GoogleIdentity | undefined,
): ModelBackend {
  if (model.kind === 'gemini-api') {
    return {
      kind: 'gemini-api',
      apiKey: () => apiKey.current(),
      renewKey: (refused) => apiKey.refresh(refused),
    };
  }
  if (model.kind === 'stand-in') return { kind: 'stand-in', baseUrl: model.baseUrl };
  return {
    kind: 'vertex',
    project: model.project,
    location: model.location,
    accessToken: accessTokens(google, SCOPES.cloud),
  };
}
