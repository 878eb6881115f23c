import type { ModelBackend } from './model-settings.ts';
import { withoutTrailing } from '../config/without-trailing.ts';

const GEMINI_API_URL = 'https://generativelanguage.googleapis.com';

const withoutSlash = (url: string): string => withoutTrailing(url, '/');

/** The address of one method of a model, by the rules of Gemini's API and of Vertex. */
export function endpointOf(backend: ModelBackend, model: string, method: string): string {
  if (backend.kind !== 'vertex') {
    const name = model.startsWith('models/') ? model : `models/${model}`;
    return `${withoutSlash(backend.baseUrl ?? GEMINI_API_URL)}/v1beta/${name}:${method}`;
  }
  const { project, location } = backend;
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`;
  const parent = `projects/${project}/locations/${location}`;
  const name = model.startsWith('projects/') ? model : `${parent}/publishers/google/models/${model}`;
  return `${withoutSlash(backend.baseUrl ?? `https://${host}`)}/v1beta1/${name}:${method}`;
}

/** The header that proves who we are; the stand-in, as Gemini does, wants some key, and any will do. */
export async function credentialsOf(backend: ModelBackend): Promise<Record<string, string>> {
  if (backend.kind === 'gemini-api') return { 'x-goog-api-key': await backend.apiKey() };
  if (backend.kind === 'vertex') return { authorization: `Bearer ${await backend.accessToken()}` };
  return { 'x-goog-api-key': 'stand-in' };
}
