import { createSession, deleteSession } from '@lornu/ops/verify/conversation.ts';
import { readServed, judged, type Verdict } from '@lornu/ops/verify/check.ts';
import { ask, type Target } from '@lornu/ops/verify/target.ts';
import { addFailingImage } from './images.ts';
import { describeRollOut, rollOut, type RollOut } from './roll-out.ts';
import type { Scenario, Stage } from './scenario.ts';
import { targetsOf } from './targets.ts';
import { describeWatch, watchVersion, type VersionWatch } from './watch-version.ts';

const REVISION = 'fa11fa1';
/**
 * Each sends its next turn after an answer: about fifteen turns a second, so that two seconds of errors exceed the
 * threshold.
 */
const CLIENTS = 6;
const PAUSE_MS = 300;
const LOOK_MS = 250;
const EXPECTED = 'an alarm rolls it back, and the earlier version answers turns again';

export interface FailingImageSeen {
  rollOut: RollOut;
  /** Names of the alarms that went into ALARM during that time, with CloudWatch's reason. */
  alarms: Readonly<Record<string, string>>;
  /** How often turns got each status while it was deployed. */
  answers: Readonly<Record<string, number>>;
  /** The status of one turn of each client afterwards. */
  afterwards: readonly number[];
  /** The revision served before, and afterwards. */
  before: string;
  after: string;
  watch: VersionWatch;
}

export function judgeFailingImage(seen: FailingImageSeen): Verdict {
  const { rollOut: how, alarms, answers, afterwards, before, after, watch } = seen;
  const fired = Object.entries(alarms).map(([name, reason]) => `${name}: ${reason}`);
  const turns = Object.entries(answers).map(([status, count]) => `${status} ${count} times`);
  const well = afterwards.filter((status) => status === 200).length;
  const told = [
    describeRollOut(how),
    fired.join(', ') || 'no alarm',
    `turns were answered ${turns.join(', ')}; afterwards ${well} of ${afterwards.length} with 200 by ${after}`,
    describeWatch(watch),
  ].join('; ');
  const holds =
    how.outcome === 'rolled back' &&
    fired.length > 0 &&
    (answers['500'] ?? 0) > 0 &&
    afterwards.length > 0 &&
    well === afterwards.length &&
    after === before &&
    watch.failures.length === 0;
  return judged(holds, EXPECTED, told);
}

export const failingImage: Scenario = {
  id: 'failing-image',
  title: 'an image that is healthy and answers turns with 500 is rolled back by an alarm',
  isExtra: true,
  run: async (stage, io) => {
    const { served, context } = stage;
    const targets = await targetsOf(served, context.signal);
    const [verifier] = targets;
    if (!verifier) throw new Error('no machine may act for users');
    const before = await readServed(verifier);
    const image = await addFailingImage(served.images, before?.isPython ? 'fastapi' : 'bun', REVISION);
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async (_, index) => {
        const target = targets[index % targets.length] ?? verifier;
        return { target, sessionId: await createSession(target) };
      }),
    );
    const answers: Record<string, number> = {};
    const loading = new AbortController();
    const keepAsking = async ({ target, sessionId }: (typeof clients)[number]): Promise<void> => {
      while (!loading.signal.aborted && !target.signal.aborted) {
        const status = await turn(target, sessionId).catch(() => 'none');
        answers[status] = (answers[status] ?? 0) + 1;
        await Bun.sleep(PAUSE_MS);
      }
    };
    let load: Promise<unknown> = Promise.resolve();
    const alarms = watchForAlarms(stage);
    const watch = watchVersion(verifier);
    try {
      const how = await rollOut(
        stage,
        image,
        io,
        async () => void (load = Promise.all(clients.map(keepAsking))),
      );
      loading.abort();
      await load;
      const afterwards = await Promise.all(
        clients.map(async ({ target, sessionId }) => turn(target, sessionId)),
      );
      return judgeFailingImage({
        rollOut: how,
        alarms: alarms.seen,
        answers,
        afterwards,
        before: before?.revision ?? 'none',
        after: (await readServed(verifier))?.revision ?? 'none',
        watch: watch.seen,
      });
    } finally {
      loading.abort();
      await Promise.all([load, alarms.stop(), watch.stop()]);
      await Promise.all(clients.map(async ({ target, sessionId }) => deleteSession(target, sessionId)));
    }
  },
};

/** The status of a turn's response, once it is complete. */
async function turn(target: Target, sessionId: string): Promise<number> {
  const { appName } = target;
  const newMessage = { role: 'user', parts: [{ text: 'count to 3' }] };
  const body = { appName, userId: 'verify', sessionId, streaming: true, newMessage };
  const response = await ask(target, '/run_sse', { method: 'POST', body });
  await response.text();
  return response.status;
}

function watchForAlarms({ standing, served }: Stage) {
  const seen: Record<string, string> = {};
  const stopping = new AbortController();
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      const { MetricAlarms = [] } = await standing.clients.cloudwatch.describeAlarms({ StateValue: 'ALARM' });
      for (const { AlarmName = '', StateReason = '' } of MetricAlarms) seen[AlarmName] ??= StateReason;
      await Bun.sleep(LOOK_MS);
    }
  })();
  // Without the emulator everything ends, with its own error.
  looking.catch(() => undefined);
  return {
    seen,
    stop: async () => {
      stopping.abort();
      await Promise.race([looking, served.failed]).catch(() => undefined);
    },
  };
}
