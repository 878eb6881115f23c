import { readServed, judged, notOffered, type Verdict } from '@lornu/ops/verify/check.ts';
import { deployCopy } from '../scenarios/deploy-copy.ts';
import { addClockImage } from '../scenarios/images.ts';
import { describeRollOut } from '../scenarios/roll-out.ts';
import { countedTo, faultOf, steadfastTurn } from '../scenarios/steadfast-turn.ts';
import { targetOf } from '../scenarios/targets.ts';
import type { Break } from './break.ts';
import { STREAMS } from './under-streams.ts';

/** AWS and Google refuse a request whose signature time differs from their clock by more than 5 minutes. */
const AHEAD_S = 240;
const WORDS = 60;
const PATIENCE_MS = 120_000;
const EXPECTED = `turns that began before, during and after the time when tasks were ${AHEAD_S / 60} minutes ahead are complete`;

export function judgeClock(seen: {
  outcomes: readonly string[];
  faults: readonly (string | undefined)[];
}): Verdict {
  const lost = seen.faults.filter((fault) => fault !== undefined);
  const told = [
    ...seen.outcomes,
    `${seen.faults.length - lost.length} of ${seen.faults.length} turns whole`,
    ...(lost.length > 0 ? [`first loss: ${lost[0]}`] : []),
  ].join('; ');
  const isDeployed = seen.outcomes.length === 2 && seen.outcomes.every((one) => one.startsWith('completed'));
  return judged(isDeployed && lost.length === 0 && seen.faults.length > 0, EXPECTED, told);
}

/** On Fargate, Amazon sets the clock. Here, the image of the task changes it. */
export const clockOff: Break = {
  id: 'clock-off',
  title: `tasks whose clock is ${AHEAD_S / 60} minutes ahead: leases and turns use the store's clock`,
  does: `an image whose clock is ${AHEAD_S / 60} minutes ahead is deployed while ${STREAMS} turns run, then one with the right clock`,
  people: 'nothing',
  recovery: EXPECTED,
  run: async (stage, io) => {
    const { served, context } = stage;
    const target = await targetOf(served, context.signal);
    if ((await readServed(target))?.isPython) return notOffered(EXPECTED, 'turns end with their connection');
    const turns = (): Promise<(string | undefined)[]> =>
      Promise.all(
        Array.from({ length: STREAMS }, async () => {
          const seen = await steadfastTurn(target, {
            text: `count to ${WORDS} every 150 ms`,
            patienceMs: PATIENCE_MS,
          });
          return faultOf(seen, countedTo(WORDS));
        }),
      );
    const before = turns();
    before.catch(() => undefined);
    const image = await addClockImage(served.images, AHEAD_S, 'c10c0ff');
    const { rollOut: ahead, takeBack } = await deployCopy(stage, image);
    io.line(`the clocks are ${AHEAD_S / 60} minutes ahead`);
    const during = turns();
    during.catch(() => undefined);
    const good = await takeBack();
    const after = turns();
    after.catch(() => undefined);
    stage.release?.();
    const faults = [...(await before), ...(await during), ...(await after)];
    return judgeClock({ outcomes: [ahead, good].map(describeRollOut), faults });
  },
};
