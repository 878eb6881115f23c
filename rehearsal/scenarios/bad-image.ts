import { readServed, judged, type Verdict } from '@lornu/ops/verify/check.ts';
import { addBrokenImage } from './images.ts';
import { describeRollOut, rollOut, type RollOut } from './roll-out.ts';
import type { Scenario } from './scenario.ts';
import { targetOf } from './targets.ts';
import { describeWatch, watchVersion, type VersionWatch } from './watch-version.ts';

const REVISION = 'bad0bad';
const EXPECTED = 'the circuit breaker rolls it back, and the earlier version answers at any time';

export interface BadImageSeen {
  rollOut: RollOut;
  /** The revision served before. */
  before: string;
  watch: VersionWatch;
}

export function judgeBadImage({ rollOut: how, before, watch }: BadImageSeen): Verdict {
  const told = `${describeRollOut(how)}; ${describeWatch(watch)}`;
  const others = Object.keys(watch.revisions).filter((revision) => revision !== before);
  return judged(
    how.outcome === 'rolled back' && others.length === 0 && watch.failures.length === 0 && watch.looks > 0,
    EXPECTED,
    told,
  );
}

export const badImage: Scenario = {
  id: 'bad-image',
  title: 'an image whose program ends at once is rolled back, and the earlier version never stops answering',
  run: async (stage, io) => {
    const { served, context } = stage;
    const target = await targetOf(served, context.signal);
    const before = await readServed(target);
    const runtime = before?.isPython ? 'fastapi' : 'bun';
    const image = await addBrokenImage(served.images, runtime, REVISION);
    const watch = watchVersion(target);
    try {
      const how = await rollOut(stage, image, io);
      return judgeBadImage({ rollOut: how, before: before?.revision ?? 'none', watch: watch.seen });
    } finally {
      await watch.stop();
    }
  },
};
