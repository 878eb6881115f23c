import { readServed, notOffered } from '@lornu/ops/verify/check.ts';
import { deployCopy } from '../scenarios/deploy-copy.ts';
import { addLeakingImage, LEAK_PATH } from '../scenarios/images.ts';
import { untilTrue } from '../scenarios/service-count.ts';
import { targetOf } from '../scenarios/targets.ts';
import { askTask } from './ask-task.ts';
import type { Break } from './break.ts';
import { CONTINUES, LONG_WORDS, STREAMS, underStreams, WHOLE, type BreakAndMend } from './under-streams.ts';

const KILLED_MS = 60_000;
const OUT_OF_MEMORY = 'OutOfMemoryError';
const RECOVERY = `ECS reports ${OUT_OF_MEMORY}, and another task replaces it; ${CONTINUES}; ${WHOLE}`;

export const outOfMemory: Break = {
  id: 'out-of-memory',
  title: 'a task exceeds its memory limit and is killed: another task takes over its turns and replaces it',
  does: `an image is deployed; one of its tasks then allocates 64 MB every 50 ms under ${STREAMS} streams; then the earlier image is deployed again`,
  people: 'answers of that task pause, then continue on another task',
  recovery: RECOVERY,
  needsNetwork: true,
  run: async (stage, io) => {
    const { served, context } = stage;
    if ((await readServed(await targetOf(served, context.signal)))?.isPython)
      return notOffered(RECOVERY, 'turns end with their connection');
    const { takeBack } = await deployCopy(stage, await addLeakingImage(served.images, '1eac1ea'));
    const breakAndMend: BreakAndMend = async (busiest) => {
      const beganMs = Date.now();
      const end = (): string | undefined =>
        served
          .events()
          .flatMap((event) => (event.what === 'stopped' && event.atMs >= beganMs ? (event.detail ?? '') : []))
          .find((detail) => detail.includes(OUT_OF_MEMORY));
      try {
        const victim = await busiest();
        await askTask(stage, LEAK_PATH, '', victim);
        io.line(`task ${victim.id.slice(0, 8)} allocates all its memory`);
        await untilTrue(stage, () => end() !== undefined, KILLED_MS);
        return end();
      } finally {
        await takeBack();
      }
    };
    return underStreams(stage, breakAndMend, { replaces: true, takesOver: true, words: LONG_WORDS });
  },
};
