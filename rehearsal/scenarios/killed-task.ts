import { attachTo, beginTurn, cancelRun, inSession } from '@lornu/ops/verify/conversation.ts';
import { readServed, absent, inSeconds, judged, notOffered, type Verdict } from '@lornu/ops/verify/check.ts';
import type { Target } from '@lornu/ops/verify/target.ts';
import { signalGroup } from '@lornu/ops/process/process-group.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { watchStreams } from './busiest-task.ts';
import { readHoldMs } from './read-hold.ts';
import type { Scenario } from './scenario.ts';
import { countedTo, faultOf, steadfastTurn } from './steadfast-turn.ts';
import { describePauses, faultOfPauses, pausesOf, watchTakeovers, type Pauses } from './takeover-pauses.ts';
import { targetOf } from './targets.ts';

const STREAMS = 10;
/** Short turns, because they are all that the scenario waits for once the killed task's turns have moved. */
const WORDS = 40;
const EVERY_MS = 200;
const PATIENCE_MS = 90_000;
const REPLACED_MS = 60_000;
/** This many separate connections reach more than one task. */
const PROBES = 8;
const EXPECTED = 'another task replaces it, and every turn is completed';

export interface KilledSeen {
  faults: (string | undefined)[];
  /** Number of lost connections: with none, the wrong task was killed. */
  troubles: number;
  /** Milliseconds until as many tasks as before were healthy; undefined if that did not happen. */
  replacedAfterMs: number | undefined;
  pauses: Pauses;
}

export function judgeKilled({ faults, troubles, replacedAfterMs, pauses }: KilledSeen): Verdict {
  const lost = faults.filter((fault) => fault !== undefined);
  const tooLong = faultOfPauses(pauses);
  const told = [
    replacedAfterMs === undefined ? 'not replaced' : `replaced after ${inSeconds(replacedAfterMs)}`,
    `${faults.length - lost.length} of ${faults.length} turns whole, ${troubles} connections lost and resumed`,
    describePauses(pauses),
    ...(tooLong === undefined ? [] : [tooLong]),
    ...(lost.length > 0 ? [`first loss: ${lost[0]}`] : []),
  ].join('; ');
  const holds = lost.length === 0 && troubles > 0 && replacedAfterMs !== undefined && tooLong === undefined;
  return judged(holds, EXPECTED, told);
}

export const killedTask: Scenario = {
  id: 'killed-task',
  title: 'a task that is killed (-9) is replaced, and its turns finish',
  run: async (stage, io) => {
    const { served, context } = stage;
    const target = await targetOf(served, context.signal);
    if ((await readServed(target))?.isPython)
      return notOffered(EXPECTED, 'the turns of the FastAPI/ADK agent end with their connection');
    if (!(await sharesRuns(target)))
      return absent(
        EXPECTED,
        "runs are kept in each task's own process with Firestore: no other task can take them over yet",
      );
    const busiest = await watchStreams(served);
    const begun = Array.from({ length: STREAMS }, () => Promise.withResolvers<void>());
    const text = `count to ${WORDS} every ${EVERY_MS} ms`;
    const turns = Promise.all(
      begun.map(async ({ resolve }) =>
        steadfastTurn(target, { text, patienceMs: PATIENCE_MS, onBegun: resolve }),
      ),
    );
    turns.catch(() => undefined);
    await Promise.race([Promise.all(begun.map(({ promise }) => promise)), turns, served.failed]);
    const victim = await busiest();
    const before = served.tasks().filter(({ healthy }) => healthy).length;
    io.line(`task ${victim.id.slice(0, 8)} is killed`);
    const takeovers = watchTakeovers(served, async () => readHoldMs(served));
    const killedAtMs = performance.now();
    signalGroup(victim.pid, 'SIGKILL');
    const replacedAfterMs = await untilReplaced(served, victim.id, before, killedAtMs);
    const untilMs = performance.now();
    stage.release?.();
    const seen = await Promise.race([turns, served.failed]);
    takeovers.stop();
    return judgeKilled({
      faults: seen.map((turn) => faultOf(turn, countedTo(WORDS))),
      troubles: seen.reduce((sum, { troubles }) => sum + troubles, 0),
      replacedAfterMs,
      pauses: pausesOf(seen, takeovers.takenAt, await takeovers.heldMs(), { fromMs: killedAtMs, untilMs }),
    });
  },
};

async function untilReplaced(
  served: ServedRehearsal,
  victimId: string,
  wanted: number,
  sinceMs: number,
): Promise<number | undefined> {
  while (performance.now() - sinceMs < REPLACED_MS) {
    const healthy = served.tasks().filter((task) => task.healthy && task.id !== victimId);
    if (healthy.length >= wanted) return performance.now() - sinceMs;
    await Promise.race([Bun.sleep(100), served.failed]);
  }
  return undefined;
}

/** Whether every task knows every run: otherwise nothing can be taken over. */
async function sharesRuns(target: Target): Promise<boolean> {
  return inSession(target, async (sessionId) => {
    const { runId = 'running', leave } = await beginTurn(target, sessionId, 'count to 100 every 100 ms');
    try {
      for (let probe = 0; probe < PROBES; probe += 1) {
        const attached = await attachTo(target, sessionId, runId, undefined).catch(() => undefined);
        attached?.leave();
        if (!attached) return false;
      }
      return true;
    } finally {
      leave();
      await cancelRun(target, sessionId, runId).catch(() => undefined);
    }
  });
}
