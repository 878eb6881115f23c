import { createSession, deleteSession, errorOf } from '@lornu/ops/verify/conversation.ts';
import { ask } from '@lornu/ops/verify/target.ts';
import { inSeconds, judged, type Verdict } from '@lornu/ops/verify/check.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { collectTurn, countedTo, faultOf } from '../scenarios/steadfast-turn.ts';
import { targetOf } from '../scenarios/targets.ts';
import { AWAY_MS, type Break } from './break.ts';
import { answeredMeanwhile, freeze, STREAMS, underStreams, WHOLE } from './under-streams.ts';

/** Milliseconds between two words of a slow model; four times the interval of the streams under way. */
const SLOW_MS = 600;
const OTHER_MODEL = 'gemini-another';

/** A fault of the model in one turn: what the model does, what people read, and that the conversation can continue. */
const model = (
  id: string,
  message: string,
  what: string,
  people: RegExp | undefined,
  sees: string,
): Break => ({
  id,
  title: `Gemini ${what}: people are told, and the next message is answered`,
  does: `the model ${what} in one turn`,
  people: sees,
  recovery: 'the next message of the same conversation is answered',
  isAlone: true,
  run: async ({ served, context }) => {
    const target = await targetOf(served, context.signal);
    const sessionId = await createSession(target);
    try {
      const broken = await collectTurn(target, sessionId, message);
      const read = errorOf(broken.parts);
      const next = await collectTurn(target, sessionId, 'count to 3');
      return judgeModel({ people, read, afterwards: faultOf(next, countedTo(3)) });
    } finally {
      await deleteSession(target, sessionId);
    }
  },
});

export interface ModelSeen {
  /** What people should read; undefined for no message, because the turn succeeds after a retry. */
  people: RegExp | undefined;
  read: string | undefined;
  afterwards: string | undefined;
}

export function judgeModel({ people, read, afterwards }: ModelSeen): Verdict {
  const expected = `${people ? 'a sentence that explains the failure' : 'no error'}, and an answer to the next message`;
  const isRead = people ? read !== undefined && people.test(read) : read === undefined;
  const told = `people read ${read === undefined ? 'no error' : `"${read}"`}; the next message: ${afterwards ?? 'answered'}`;
  return judged(isRead && afterwards === undefined, expected, told);
}

/** Sets how Gemini behaves for all requests, until the returned function is called. */
export async function setGemini(
  { standIns }: ServedRehearsal,
  condition: object,
): Promise<() => Promise<void>> {
  const put = async (body: object): Promise<void> => {
    const url = `${standIns.gemini}/stand-in/condition`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the Gemini stand-in refused the condition: ${await answer.text()}`);
  };
  await put(condition);
  return async () => put({});
}

export const MODEL_BREAKS: readonly Break[] = [
  model(
    'gemini-refuses',
    'simulate 503',
    'refuses',
    /./,
    'a sentence that says that the model is not available',
  ),
  model(
    'gemini-breaks-off',
    'simulate break after 3',
    'breaks off',
    /./,
    'the part of the answer that was received, and a sentence about the failure',
  ),
  model(
    'gemini-refuses-once',
    'simulate 503 once',
    'refuses once',
    undefined,
    'nothing: the service retries the call',
  ),
  {
    id: 'gemini-away',
    title: `Gemini does not answer for ${AWAY_MS / 1000} s: turns wait for it and are completed`,
    does: `Gemini is stopped (SIGSTOP) for ${AWAY_MS / 1000} s under ${STREAMS} streams, then continues`,
    people: 'the answer pauses, then continues',
    recovery: WHOLE,
    run: async (stage) => underStreams(stage, async () => freeze(stage.served.standInPids.gemini, AWAY_MS)),
  },
  {
    id: 'gemini-slow',
    title: 'Gemini is slow: turns are still completed',
    does: `Gemini waits ${SLOW_MS} ms before each word, in all requests`,
    people: 'the answer comes slowly',
    recovery: `a turn during the break is complete; ${WHOLE}`,
    run: async (stage) =>
      underStreams(stage, async () => {
        const mend = await setGemini(stage.served, { delayMs: SLOW_MS });
        const beganMs = performance.now();
        try {
          await answeredMeanwhile(stage);
          const tookMs = performance.now() - beganMs;
          if (tookMs < SLOW_MS)
            throw new Error('a turn during the break was as fast as usual: Gemini was not slow');
          return `a turn during the break took ${inSeconds(tookMs)}`;
        } finally {
          await mend();
        }
      }),
  },
  {
    id: 'gemini-other-model',
    title: 'a different model answers than the one requested: turns are completed, and /ready warns',
    does: `Gemini answers with ${OTHER_MODEL}, whatever model the request names`,
    people: 'nothing: a different model writes the answer, and /ready warns',
    recovery: `/ready names the other model and stays 200; ${WHOLE}`,
    run: async (stage) =>
      underStreams(stage, async () => {
        const mend = await setGemini(stage.served, { answersAs: OTHER_MODEL });
        try {
          return await untilReadyNames(stage.served, stage.context.signal, async () =>
            answeredMeanwhile(stage),
          );
        } finally {
          await mend();
        }
      }),
  },
];

/**
 * A task only warns about the last turn that it answered itself, so this sends turns until the asked task has had one.
 */
async function untilReadyNames(
  served: ServedRehearsal,
  signal: AbortSignal,
  turn: () => Promise<unknown>,
): Promise<string> {
  const target = await targetOf(served, signal);
  for (let look = 0; look < 10; look += 1) {
    await turn();
    const ready = await ask(target, '/ready');
    const text = await ready.text();
    if (text.includes(OTHER_MODEL) && ready.status === 200) return `/ready names ${OTHER_MODEL}`;
  }
  throw new Error(`/ready never named ${OTHER_MODEL}`);
}
