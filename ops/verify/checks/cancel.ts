import {
  NO_TOKEN,
  type VerifyCheck,
  NOT_IN_PYTHON,
  absent,
  judged,
  notOffered,
  type Verdict,
} from '../check.ts';
import { beginTurn, cancelRun, endOf, inSession, type StreamPart } from '../conversation.ts';

const MESSAGE = 'Please count to 2000, one number a line, and write nothing else (every 100 ms).';
const EXPECTED = 'the run is cancelled, and its stream says so';

export function judgeCancel(seen: { state: string | undefined; parts: readonly StreamPart[] }): Verdict {
  const end = endOf(seen.parts);
  const how = end === undefined ? 'no end' : `run ${end}`;
  return judged(
    seen.state === 'cancelled' && end === 'cancelled',
    EXPECTED,
    `the call says ${seen.state ?? 'nothing'}, the stream says ${how}`,
  );
}

export const cancel: VerifyCheck = {
  id: 'cancel',
  title: 'a turn can be stopped',
  run: async ({ target, served }) => {
    if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
    if (target.token === undefined) return absent(EXPECTED, NO_TOKEN);
    return inSession(target, async (sessionId) => {
      const turn = await beginTurn(target, sessionId, MESSAGE);
      const parts: StreamPart[] = [];
      let state: string | undefined;
      for await (const part of turn.parts) {
        parts.push(part);
        if (parts.length === 1) state = await cancelRun(target, sessionId, turn.runId ?? 'running');
      }
      return judgeCancel({ state, parts });
    });
  },
};
