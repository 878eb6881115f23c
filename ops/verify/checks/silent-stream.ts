import {
  NO_TOKEN,
  type VerifyCheck,
  type Scene,
  NOT_IN_PYTHON,
  absent,
  judged,
  notOffered,
  type Verdict,
} from '../check.ts';
import { beginTurn, cancelRun, inSession, type Turn } from '../conversation.ts';

/** The value in terraform/aws; used if the account is not accessible. */
const IDLE_TIMEOUT_S = 120;
const EXPECTED = 'bytes more often than the idle timeout';

export interface SilenceSeen {
  /** How long the stream was observed after its last frame, in seconds. */
  waitedS: number;
  /** Longest time without a byte, in seconds; equals `waitedS` if none came. */
  longestGapS: number;
  /** Whether it ended by itself before the observation was over. */
  wasCut: boolean;
  idleTimeoutS: number;
}

/** A silent model must not lose the connection: a byte before the idle timeout keeps it open. */
export function judgeSilence({ waitedS, longestGapS, wasCut, idleTimeoutS }: SilenceSeen): Verdict {
  const seen = `open after ${waitedS.toFixed(0)} s of silence, a byte at least every ${longestGapS.toFixed(1)} s, idle timeout ${idleTimeoutS} s`;
  if (wasCut) return judged(false, EXPECTED, `cut after ${waitedS.toFixed(1)} s of silence`);
  const heardNothing = longestGapS >= waitedS;
  if (heardNothing && waitedS < idleTimeoutS)
    return absent(
      EXPECTED,
      `nothing came within ${waitedS.toFixed(0)} s, which is too short to tell (--wait)`,
    );
  return judged(!heardNothing && longestGapS < idleTimeoutS, EXPECTED, seen);
}

/** Whether the stream was also kept open for longer than the idle timeout, which takes that long to observe. */
export function judgeIdleTimeout({ waitedS, wasCut, idleTimeoutS }: SilenceSeen): Verdict {
  const expected = `open after ${idleTimeoutS} s of silence`;
  if (wasCut) return judged(false, expected, `cut after ${waitedS.toFixed(1)} s`);
  if (waitedS <= idleTimeoutS)
    return absent(
      expected,
      `watched for ${waitedS.toFixed(0)} s only; --wait ${idleTimeoutS + 10} waits it out`,
    );
  return judged(true, expected, `open after ${waitedS.toFixed(0)} s of silence`);
}

/** One stream for both checks, observed once while the other checks run. */
export function silentStream(scene: Scene): VerifyCheck[] {
  let watching: Promise<SilenceSeen> | undefined;
  const check = (id: string, title: string, judge: (seen: SilenceSeen) => Verdict): VerifyCheck => ({
    id,
    title,
    run: async () => {
      const why = whyNot(scene);
      if (why) return why;
      watching ??= inSession(scene.target, async (sessionId) => watch(scene, sessionId));
      return judge(await watching);
    },
  });
  return [
    check('silent-stream', 'a stream stays open while the model is silent', judgeSilence),
    check('idle-timeout', 'a silent stream outlives the idle timeout', judgeIdleTimeout),
  ];
}

function whyNot({ target, served }: Scene): Verdict | undefined {
  if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
  if (target.token === undefined) return absent(EXPECTED, NO_TOKEN);
  if (!served?.modelIsStandIn)
    return absent(EXPECTED, 'Gemini cannot be told to be silent; only its stand-in can');
  return undefined;
}

async function watch({ target, waitS, deployed }: Scene, sessionId: string): Promise<SilenceSeen> {
  // The response head may wait for the first byte, so the request must be abortable before it.
  const leaving = new AbortController();
  const signal = AbortSignal.any([target.signal, leaving.signal]);
  let turn: Turn | undefined;
  let beganMs = performance.now();
  let lastByteMs = beganMs;
  let longestMs = 0;
  let hasLeft = false;
  const done = setTimeout(() => {
    hasLeft = true;
    leaving.abort();
  }, waitS * 1000);
  try {
    turn = await beginTurn({ ...target, signal }, sessionId, 'simulate stall after 0');
    for await (const part of turn.parts) {
      if (part.kind === 'frame') beganMs = part.atMs;
      else longestMs = Math.max(longestMs, part.atMs - lastByteMs);
      lastByteMs = part.atMs;
    }
  } catch (error) {
    if (!turn && !hasLeft) throw error;
    // Our own abort and a cut both end the reading with an error; hasLeft tells them apart.
    target.signal.throwIfAborted();
  }
  const endMs = performance.now();
  clearTimeout(done);
  await cancelRun(target, sessionId, turn?.runId ?? 'running').catch(() => undefined);
  return {
    waitedS: (endMs - beganMs) / 1000,
    longestGapS: Math.max(longestMs, endMs - lastByteMs) / 1000,
    wasCut: !hasLeft,
    idleTimeoutS: deployed?.idleTimeoutS ?? IDLE_TIMEOUT_S,
  };
}
