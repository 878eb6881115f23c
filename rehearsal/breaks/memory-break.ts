import { readServed } from '@lornu/ops/verify/served.ts';
import { notOffered } from '@lornu/ops/verify/verdict.ts';
import { addGoodImage, addLeakingImage, LEAK_PATH } from '../scenarios/images.ts';
import { rollOut } from '../scenarios/roll-out.ts';
import { desiredCount, untilHealthy, untilTrue } from '../scenarios/service-count.ts';
import { targetOf } from '../scenarios/targets.ts';
import { askTask } from './ask-task.ts';
import type { Break } from './break.ts';
import { STREAMS, underStreams, WHOLE } from './under-streams.ts';

const KILLED_MS = 60_000;
const OUT_OF_MEMORY = 'OutOfMemoryError';
const RECOVERY = `ECS reports ${OUT_OF_MEMORY}, and another task replaces it; ${WHOLE}`;

export const outOfMemory: Break = {
  id: 'out-of-memory',
  title: 'a task exceeds its memory limit and is killed: another task takes over its turns and replaces it',
  does: `an image is deployed; one of its tasks then allocates 64 MB every 50 ms under ${STREAMS} streams; then a good image is deployed`,
  people: 'answers of that task pause, then continue on another task',
  recovery: RECOVERY,
  needsNetwork: true,
  run: async (stage, io) => {
    const { served, context } = stage;
    if ((await readServed(await targetOf(served, context.signal)))?.isPython)
      return notOffered(RECOVERY, 'turns end with their connection');
    await rollOut(stage, await addLeakingImage(served.images, '1eac1ea'), io);
    try {
      return await underStreams(stage, async () => {
        const beganMs = Date.now();
        const victim = served.tasks().find(({ healthy }) => healthy);
        await askTask(stage, LEAK_PATH, '', victim);
        io.line(`task ${victim?.id.slice(0, 8)} allocates all its memory`);
        const end = (): string | undefined =>
          served
            .events()
            .flatMap((event) =>
              event.what === 'stopped' && event.atMs >= beganMs ? (event.detail ?? '') : [],
            )
            .find((detail) => detail.includes(OUT_OF_MEMORY));
        await untilTrue(stage, () => end() !== undefined, KILLED_MS);
        return end();
      });
    } finally {
      await untilHealthy(stage, await desiredCount(stage));
      await rollOut(stage, await addGoodImage(served.images, 'bun', '1eac900'), io);
    }
  },
};
