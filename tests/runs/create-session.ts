import { until } from '../support/until.ts';
import type { Conversation } from './client.ts';
import { postJson } from '../support/post-json.ts';

const PATIENCE_MS = 60_000;

/** Creates the conversation's session; again if the store did not answer in time, as it may where the machine is busy. */
export async function createSession({ baseUrl, appName, userId, sessionId }: Conversation): Promise<void> {
  let mayBeStored = false;
  const create = async (): Promise<boolean> => {
    const response = await postJson(`${baseUrl}/apps/${appName}/users/${userId}/sessions`, { sessionId });
    if (response.ok || (mayBeStored && response.status === 409)) return true;
    if (response.status !== 503) throw new Error(`create: ${response.status}`);
    // Its answer came too late, but it may be stored.
    mayBeStored = true;
    return false;
  };
  await until(create, { withinMs: PATIENCE_MS, what: `The creation of ${sessionId}` });
}
