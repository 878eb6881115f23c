import type { Config } from '@lornu/backend/config/config.ts';
import { readJsonWithin } from '@lornu/backend/identity/read-json-within.ts';
import { attempt, type Hop, type HopsOptions, notConfigured, within } from './hop.ts';

/** Checks the public keys of the token issuer. */
export async function keySet({ identity }: Config, { fetch, signal }: HopsOptions): Promise<Hop> {
  const name = 'key set';
  const { jwksUrl, peers, services } = identity.callers.tokens;
  if (peers.length + services.length === 0)
    return notConfigured(name, 'A2A_ALLOWED_EMAILS is not set: no machine may call');
  return attempt(
    name,
    async () => {
      const response = await fetch(jwksUrl, { redirect: 'error', signal: within(signal) });
      if (response.status !== 200) throw new Error(`it answered ${response.status}`);
      const { keys } = (await readJsonWithin(response, 150 * 1024)) as { keys?: unknown[] };
      if (!Array.isArray(keys) || keys.length === 0) throw new Error('it holds no keys');
      return `${keys.length} keys at ${jwksUrl}`;
    },
    'correct A2A_TOKEN_JWKS_URL, or let the tasks reach that address',
  );
}

/** Checks the peer's public card. */
export async function peer({ identity }: Config, { fetch, signal }: HopsOptions): Promise<Hop> {
  const name = 'peer';
  const peerUrl = identity.peer?.url;
  if (peerUrl === undefined) return notConfigured(name, 'A2A_PEER_URL is not set');
  const card = new URL('.well-known/agent-card.json', peerUrl.endsWith('/') ? peerUrl : `${peerUrl}/`);
  return attempt(
    name,
    async () => {
      const response = await fetch(card, {
        redirect: 'error',
        signal: within(signal),
        headers: { 'a2a-version': '1.0' },
      });
      if (response.status !== 200) throw new Error(`its card answered ${response.status}`);
      const { name: agent } = (await readJsonWithin(response, 256 * 1024)) as { name?: unknown };
      return `card of ${typeof agent === 'string' ? agent.slice(0, 80) : 'an agent without a name'}`;
    },
    `see that the agent on Google Cloud runs and that ${card.origin} can be reached from here`,
  );
}
