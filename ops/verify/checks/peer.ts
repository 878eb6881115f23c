import { type VerifyCheck, NOT_IN_PYTHON, absent, judged, notOffered, type Verdict } from '../check.ts';
import { ask, excerpt } from '../target.ts';
import { PEER, READY } from './ready.ts';

const EXPECTED = 'the agent on Google Cloud answers the service';

/** Judges the peer by the service's own probe in /ready. `without`: a rehearsal has no peer unless it is requested. */
export function judgePeer({ answer, without }: { answer: unknown; without: boolean }): Verdict {
  const parsed = READY.safeParse(answer);
  const peer = parsed.data?.dependencies.find(({ name }) => name === PEER);
  if (!peer) return notOffered(EXPECTED, 'no peer is set up for this service');
  if (peer.state === 'ok') return judged(true, EXPECTED, 'it does');
  if (without) return absent(EXPECTED, 'the agent on Google Cloud is not part of this rehearsal (--peer)');
  return judged(false, EXPECTED, peer.reason ?? 'no reason given');
}

export const peer: VerifyCheck = {
  id: 'peer',
  title: 'the agent on Google Cloud is reached',
  run: async ({ target, served, hasPeer }) => {
    if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
    const response = await ask(target, '/ready');
    const answer: unknown = JSON.parse(await excerpt(response, 10_000));
    return judgePeer({ answer, without: (served?.rehearsal ?? false) && !hasPeer });
  },
};
