import { isAnswerOf } from '@lornu/backend/model/retirements.ts';
import { NO_TOKEN, type VerifyCheck, absent, inSeconds, judged, type Verdict } from '../check.ts';
import { beginTurn, inSession, errorOf, textOf, type StreamPart } from '../conversation.ts';

/** Both Gemini and its stand-in's rules understand it. */
const MESSAGE = 'Please count to 30, one number a line, and write nothing else (every 60 ms).';
const EXPECTED = 'an answer that comes in pieces';
const STAND_IN = /^stand-in/;

/** Text must come in several chunks over time, from the model that the service names. */
export function judgeTurn(parts: readonly StreamPart[], asked?: string): Verdict {
  const frames = parts.filter((part) => part.kind === 'frame');
  const pieces = frames.filter(({ event }) => event.partial === true);
  const error = errorOf(parts);
  if (error) return judged(false, EXPECTED, error);
  const first = pieces[0]?.atMs ?? 0;
  const spreadMs = (pieces.at(-1)?.atMs ?? 0) - first;
  const answered = frames.findLast(({ event }) => event.modelVersion)?.event.modelVersion;
  const model = answered ?? 'an unnamed model';
  const isAnother = asked !== undefined && answered !== undefined && !isAnswerOf(asked, answered);
  const by = STAND_IN.test(model) ? `a ${model}, not Gemini itself` : model;
  const text = textOf(parts, true);
  return judged(
    pieces.length > 1 && text.trim() !== '' && spreadMs > 0 && !isAnother,
    EXPECTED,
    `${pieces.length} pieces over ${inSeconds(spreadMs)}, ${text.length} characters, by ${by}${isAnother ? `, though ${asked} is asked` : ''}`,
  );
}

export const turn: VerifyCheck = {
  id: 'turn',
  title: 'a turn reaches Gemini and streams',
  run: async ({ target, served }) => {
    if (target.token === undefined) return absent(EXPECTED, NO_TOKEN);
    return inSession(target, async (sessionId) => {
      const { parts } = await beginTurn(target, sessionId, MESSAGE);
      return judgeTurn(await Array.fromAsync(parts), served?.model);
    });
  },
};
