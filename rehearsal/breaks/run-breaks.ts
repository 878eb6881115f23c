import { absent } from '@lornu/ops/verify/check.ts';
import { playScenario } from '../scenarios/run-scenarios.ts';
import type { ScenarioResult, Stage } from '../scenarios/scenario.ts';
import type { Break } from './break.ts';

export interface BreakResult extends ScenarioResult, Pick<Break, 'does' | 'people'> {
  /** Milliseconds until the next break could begin; `elapsedMs` also includes the last turns of this break. */
  busyMs: number;
}

/**
 * Plays breaks one after the other. Breaks that affect only their own conversation run at the same time. A break begins
 * as soon as the one before it has released the environment; the last turns of that one then survive both. A break that
 * needs the applied network is reported as absent without it. Rejects if a stand-in has ended.
 */
export async function runBreaks(stage: Stage, breaks: readonly Break[]): Promise<BreakResult[]> {
  const { emit, signal } = stage.context;
  emit({ kind: 'plan', steps: breaks.map(({ id, title }) => ({ id, title })) });
  const together = breaks.filter(({ isAlone }) => isAlone);
  const playing = [Promise.all(together.map(async (one) => play(stage, one)))];
  await playing[0];
  const series = breaks.filter(({ isAlone }) => !isAlone);
  for (const [position, one] of series.entries()) {
    const free = Promise.withResolvers<void>();
    const played = play({ ...stage, position, release: free.resolve }, one).then((result) => [result]);
    played.catch(() => undefined);
    playing.push(played);
    await Promise.race([free.promise, played]);
    signal.throwIfAborted();
    // If a part of the rehearsal itself is gone, later results say nothing about the service.
    await Promise.race([stage.served.failed, Promise.resolve()]);
  }
  return (await Promise.race([Promise.all(playing), stage.served.failed])).flat();
}

async function play(stage: Stage, one: Break): Promise<BreakResult> {
  const { does, people, recovery } = one;
  const beganMs = Date.now();
  let busyMs: number | undefined;
  const release = (): void => {
    busyMs ??= Date.now() - beganMs;
    stage.release?.();
  };
  const possible =
    one.needsNetwork && !stage.served.vpc
      ? {
          ...one,
          run: async () => absent(recovery, 'it needs the applied network, which this machine has not built'),
        }
      : one;
  const result = await playScenario(possible, { ...stage, release });
  return { ...result, does, people, busyMs: Math.min(busyMs ?? result.elapsedMs, result.elapsedMs) };
}
