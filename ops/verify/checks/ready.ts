import { z } from 'zod';
import { type VerifyCheck, NOT_IN_PYTHON, judged, notOffered, type Verdict } from '../check.ts';
import { ask, excerpt } from '../target.ts';

export const READY = z.object({
  dependencies: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      reason: z.string().optional(),
      warning: z.string().optional(),
    }),
  ),
});
const EXPECTED = 'every dependency reached';
/** The peer has its own check: it is another environment with other operators. */
export const PEER = 'peer';

/** Checks all dependencies, not only the required ones: whatever is configured in staging should be reachable. */
export function judgeReady(seen: { status: number; answer: unknown }): Verdict {
  const parsed = READY.safeParse(seen.answer);
  if (!parsed.success) return judged(false, EXPECTED, `${seen.status} and no list of dependencies`);
  const dependencies = parsed.data.dependencies.filter(({ name }) => name !== PEER);
  const failed = dependencies.filter(({ state }) => state !== 'ok');
  const words = failed.map(({ name, reason }) => `${name} failed: ${reason ?? 'no reason given'}`);
  const warnings = dependencies.flatMap(({ name, warning }) => (warning ? [`${name}: ${warning}`] : []));
  return judged(
    seen.status === 200 && failed.length === 0 && dependencies.length > 0,
    EXPECTED,
    words.length > 0
      ? words.join('; ')
      : [`${seen.status}, ${dependencies.map(({ name }) => name).join(', ')}`, ...warnings].join('; '),
  );
}

export const ready: VerifyCheck = {
  id: 'ready',
  title: 'the service reaches what it depends on',
  run: async ({ target, served }) => {
    if (served?.isPython) return notOffered(EXPECTED, NOT_IN_PYTHON);
    const response = await ask(target, '/ready');
    const text = await excerpt(response, 10_000);
    return judgeReady({ status: response.status, answer: JSON.parse(text) });
  },
};
