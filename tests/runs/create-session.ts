import type { Conversation } from './client.ts';

/** Creates the conversation's session. */
export async function createSession({ baseUrl, appName, userId, sessionId }: Conversation): Promise<void> {
  const response = await fetch(`${baseUrl}/apps/${appName}/users/${userId}/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sessionId }),
  });
  if (!response.ok) throw new Error(`create: ${response.status}`);
}
