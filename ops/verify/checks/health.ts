import { type VerifyCheck, judged, type Verdict } from '../check.ts';
import { ask, excerpt } from '../target.ts';

export function judgeHealth(seen: { status: number; body: string; elapsedMs: number }): Verdict {
  return judged(
    seen.status === 200,
    '200 without a token',
    `${seen.status} ${seen.body} after ${Math.round(seen.elapsedMs)} ms`,
  );
}

export const health: VerifyCheck = {
  id: 'health',
  title: '/health answers through the load balancer',
  run: async ({ target }) => {
    const beganMs = performance.now();
    const response = await ask(target, '/health', { anonymous: true });
    const body = await excerpt(response, 60);
    return judgeHealth({ status: response.status, body, elapsedMs: performance.now() - beganMs });
  },
};
