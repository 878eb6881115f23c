import { GoogleAuth } from 'google-auth-library';
import type { ModelConfig } from './config/config.ts';
import type { Secret } from './identity/secrets/secret.ts';
import type { ModelBackend } from './model/model-settings.ts';

const VERTEX_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** The configured model as the model layer takes it. Vertex uses Google's default credentials. */
export function modelBackend(model: ModelConfig, apiKey: Pick<Secret, 'current'>): ModelBackend {
  if (model.kind === 'gemini-api') return { kind: 'gemini-api', apiKey: () => apiKey.current() };
  if (model.kind === 'stand-in') return { kind: 'stand-in', baseUrl: model.baseUrl };
  const auth = new GoogleAuth({ scopes: [VERTEX_SCOPE] });
  return {
    kind: 'vertex',
    project: model.project,
    location: model.location,
    accessToken: async () => (await auth.getAccessToken()) ?? '',
  };
}

/** Looks whether the model's address answers at all; costs no tokens and no quota. Any HTTP answer counts. */
export async function probeModel(backend: ModelBackend, signal: AbortSignal): Promise<void> {
  await fetch(addressOf(backend), { method: 'HEAD', signal, redirect: 'manual' });
}

function addressOf(backend: ModelBackend): string {
  if (backend.baseUrl) return backend.baseUrl;
  if (backend.kind === 'vertex' && backend.location !== 'global') {
    return `https://${backend.location}-aiplatform.googleapis.com/`;
  }
  return backend.kind === 'vertex'
    ? 'https://aiplatform.googleapis.com/'
    : 'https://generativelanguage.googleapis.com/';
}
