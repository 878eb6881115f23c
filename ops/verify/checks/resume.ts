import {
  NO_TOKEN,
  type VerifyCheck,
  NOT_IN_PYTHON,
  absent,
  judged,
  notOffered,
  type Verdict,
} from '../check.ts';
import {
  attachTo,
  beginTurn,
  endOf,
  inSession,
  lastEventIdOf,
  textOf,
  type StreamPart,
} from '../conversation.ts';

const MESSAGE = 'Please count to 50, one number a line, and write nothing else (every 30 ms).';
/** Frames to read before the connection is dropped. */
const BEFORE = 6;
const AWAY_MS = 400;
const EXPECTED = 'every frame once, in order, over two connections';

/**
 * Judges the frames of both connections together: numbered without gaps or repetition, ended by the service, with the
 * text once.
 */
export function judgeResume(before: readonly StreamPart[], after: readonly StreamPart[]): Verdict {
  const all = [...before, ...after];
  const indices = all.flatMap((part) => (part.kind === 'frame' ? [part.index] : []));
  const wrong = indices.findIndex((index, position) => index !== position);
  const end = endOf(after);
  const how = end === undefined ? 'no end' : `run ${end}`;
  const counts = `${before.filter(isFrame).length} frames, then ${after.filter(isFrame).length} after it attached again`;
  if (wrong !== -1)
    return judged(false, EXPECTED, `${counts}; frame ${indices[wrong]} came as number ${wrong}`);
  // The text as streamed, and the text as stored.
  const isSame = textOf(all, true) === textOf(all, false);
  return judged(
    end === 'completed' && isSame && after.some(isFrame),
    EXPECTED,
    `${counts}; ${how}${isSame ? '' : '; the pieces are not the text that was kept'}`,
  );
}

function isFrame(part: StreamPart): boolean {
  return part.kind === 'frame';
}

export const resume: VerifyCheck = {
  id: 'resume',
  title: 'a dropped connection is resumed without a lost or doubled word',
  run: async ({ target, served }) => {
    if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
    if (target.token === undefined) return absent(EXPECTED, NO_TOKEN);
    return inSession(target, async (sessionId) => {
      const turn = await beginTurn(target, sessionId, MESSAGE);
      if (turn.runId === undefined) return judged(false, EXPECTED, 'the answer names no run (lornu-run-id)');
      const before: StreamPart[] = [];
      for await (const part of turn.parts) {
        before.push(part);
        if (before.length === BEFORE) break;
      }
      turn.leave();
      await Bun.sleep(AWAY_MS);
      const again = await attachTo(target, sessionId, turn.runId, lastEventIdOf(before));
      return judgeResume(before, await Array.fromAsync(again.parts));
    });
  },
};
