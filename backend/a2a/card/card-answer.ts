import { AgentCard, A2A_VERSION_HEADER } from '@a2a-js/sdk';
import { createHash } from 'node:crypto';
import { versionOf } from '../wire/version.ts';
import { hybridCard } from './legacy-card.ts';

/** How long a client may cache a card, in seconds. */
const MAX_AGE_S = 300;

/** The card in the form of the requested version; 304 if the client already has it. */
export function cardAnswer(request: Request, card: AgentCard): Response {
  const version = versionOf(request);
  const body = JSON.stringify(version === '0.3' ? hybridCard(card) : AgentCard.toJSON(card));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = {
    'content-type': 'application/json',
    'cache-control': `public, max-age=${MAX_AGE_S}`,
    vary: A2A_VERSION_HEADER,
    etag,
  };
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((one) => one.trim());
  return known.includes(etag) || known.includes(`W/${etag}`)
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers });
}
