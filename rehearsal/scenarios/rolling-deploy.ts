import { readServed, judged, notOffered, type Verdict } from '@lornu/ops/verify/check.ts';
import { addGoodImage } from './images.ts';
import { describeRollOut, rollOut, type RollOut } from './roll-out.ts';
import type { Scenario } from './scenario.ts';
import { countedTo, faultOf, steadfastTurn, type SeenTurn } from './steadfast-turn.ts';
import { targetsOf } from './targets.ts';
import { describeWatch, watchVersion, type VersionWatch } from './watch-version.ts';

const STREAMS = 100;
/** A stream of 10 s: it begins on the old tasks, which ECS does not stop until their last stream has ended. */
const WORDS = 50;
const EVERY_MS = 200;
const PATIENCE_MS = 60_000;
const REVISION = '1111111';
const EXPECTED = `the new version is served, none of ${STREAMS} streams is lost, and there is an answer at any time`;

export interface DeploySeen {
  rollOut: RollOut;
  /** One entry per stream; undefined if it has no fault. */
  faults: (string | undefined)[];
  /** Number of running streams when the first of the old tasks began to drain. */
  running: number;
  troubles: number;
  watch: VersionWatch;
  wanted: string;
}

export function judgeDeploy(seen: DeploySeen): Verdict {
  const { rollOut: how, faults, running, troubles, watch, wanted } = seen;
  const lost = faults.filter((fault) => fault !== undefined);
  const told = [
    describeRollOut(how),
    `${faults.length - lost.length} of ${faults.length} streams whole, ${running} of them under way when the old tasks began to drain`,
    ...(lost.length > 0 ? [`first loss: ${lost[0]}`] : []),
    `${troubles} connections lost and resumed`,
    describeWatch(watch),
  ].join('; ');
  const holds =
    how.outcome === 'completed' &&
    lost.length === 0 &&
    running > 0 &&
    watch.failures.length === 0 &&
    (watch.revisions[wanted] ?? 0) > 0;
  return judged(holds, EXPECTED, told);
}

export const rollingDeploy: Scenario = {
  id: 'rolling-deploy',
  title: `a rolling deploy under ${STREAMS} running streams loses none`,
  run: async (stage, io) => {
    const { served, context } = stage;
    const targets = await targetsOf(served, context.signal);
    const [verifier] = targets;
    if (!verifier) throw new Error('no machine may act for users');
    if ((await readServed(verifier))?.isPython)
      return notOffered(EXPECTED, 'a stream of the FastAPI/ADK agent cannot be attached to again');
    const image = await addGoodImage(served.images, 'bun', REVISION);
    let underWay = 0;
    let running = 0;
    let all: Promise<SeenTurn[]> | undefined;
    const draining = new AbortController();
    const stream = async (index: number): Promise<SeenTurn> => {
      const target = targets[index % targets.length] ?? verifier;
      const text = `count to ${WORDS} every ${EVERY_MS} ms`;
      const onBegun = (): void => void (underWay += 1);
      const seen = await steadfastTurn(target, { text, patienceMs: PATIENCE_MS, onBegun });
      if (seen.parts.length > 0) underWay -= 1;
      return seen;
    };
    // However long new tasks take here, one or two streams are running when the first old task drains.
    const relay = async (): Promise<SeenTurn[]> => {
      const turns: Promise<SeenTurn>[] = [];
      while (!draining.signal.aborted && !context.signal.aborted) {
        turns.push(stream(turns.length));
        await Bun.sleep((WORDS * EVERY_MS) / 2);
      }
      return Promise.all(turns);
    };
    const stop = served.onEvent(({ what }) => {
      // The streams begin while new tasks become healthy.
      if (what === 'provisioning' && !all) {
        all = Promise.all([
          relay(),
          ...Array.from({ length: STREAMS }, async (_, index) => stream(index)),
        ]).then((turns) => turns.flat());
        all.catch(() => undefined);
        io.line(`${STREAMS} streams run`);
      }
      if (what !== 'draining' || draining.signal.aborted) return;
      running = underWay;
      draining.abort();
    });
    const watch = watchVersion(verifier);
    try {
      const how = await rollOut(stage, image, io);
      draining.abort();
      const turns = await Promise.race([all ?? [], served.failed]);
      return judgeDeploy({
        rollOut: how,
        faults: turns.map((turn) => faultOf(turn, countedTo(WORDS))),
        running,
        troubles: turns.reduce((sum, { troubles }) => sum + troubles, 0),
        watch: watch.seen,
        wanted: REVISION,
      });
    } finally {
      draining.abort();
      stop();
      await watch.stop();
    }
  },
};
