import type { StartedAnswer } from './started-answer.ts';
import { ModelError } from './model-error.ts';
import type { ModelBackend } from './model-settings.ts';

/**
 * Retries a call once with a newer key if its API key was refused and a newer one exists, so that a key rotation fails
 * no turn. A refusal comes before the first chunk, so nothing is shown twice.
 */
export async function withNewestKey<T>(
  backend: ModelBackend,
  call: () => Promise<StartedAnswer<T>>,
): Promise<StartedAnswer<T>> {
  if (backend.kind !== 'gemini-api' || backend.renewKey === undefined) return call();
  const used = await backend.apiKey();
  try {
    return await call();
  } catch (error) {
    if (!isKeyRefusal(error) || !(await backend.renewKey(used))) throw error;
    return call();
  }
}

/** Gemini answers 400 API_KEY_INVALID for a wrong or deleted key, 401 or 403 for one without permission. */
function isKeyRefusal(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  const { status, detail } = error;
  return status === 401 || status === 403 || (status === 400 && /api key/i.test(detail));
}
