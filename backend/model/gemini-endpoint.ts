import type { ModelBackend } from './model-settings.ts';
import { withoutTrailing } from '../config/without-trailing.ts';

const GEMINI_API_URL = 'https://generativelanguage.googleapis.com';

const withoutSlash = (url: string): string => withoutTrailing(url, '/');

/** The API's base address. */
export function hostOf(backend: ModelBackend): string {
  if (backend.baseUrl) return `${withoutSlash(backend.baseUrl)}/`;
  if (backend.kind !== 'vertex') return `${GEMINI_API_URL}/`;
  const { location } = backend;
  return `https://${location === 'global' ? '' : `${location}-`}aiplatform.googleapis.com/`;
}

/**
 * Address at which Gemini's API describes a model (models.get, free of charge). Undefined for Vertex, which requires
 * permission to list all models.
 */
export function modelAddress(backend: ModelBackend, model: string): string | undefined {
  if (backend.kind === 'vertex' || model.includes('/endpoints/')) return undefined;
  return endpointOf(backend, model, '').slice(0, -1);
}

/** The address of one method of a model, by the rules of Gemini's API and of Vertex. */
export function endpointOf(backend: ModelBackend, model: string, method: string): string {
  if (backend.kind !== 'vertex') {
    const name = model.startsWith('models/') ? model : `models/${model}`;
    return `${hostOf(backend)}v1beta/${name}:${method}`;
  }
  const { project, location } = backend;
  const parent = `projects/${project}/locations/${location}`;
  const name = model.startsWith('projects/') ? model : `${parent}/publishers/google/models/${model}`;
  return `${hostOf(backend)}v1beta1/${name}:${method}`;
}

/** The authentication header; the stand-in requires some key, as Gemini does, and accepts any. */
export async function credentialsOf(backend: ModelBackend): Promise<Record<string, string>> {
  if (backend.kind === 'gemini-api') return { 'x-goog-api-key': await backend.apiKey() };
  if (backend.kind === 'vertex') return { authorization: `Bearer ${await backend.accessToken()}` };
  return { 'x-goog-api-key': 'stand-in' };
}
