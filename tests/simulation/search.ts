import { check, type Breach } from './check/check.ts';
import type { Entry } from './check/history.ts';
import { scenarioOf, simulate, type Scenario, type Step } from './scenario.ts';
import type { StoreKind } from './stores.ts';

export interface Found {
  scenario: Scenario;
  history: Entry[];
  breaches: Breach[];
}

/** Turns on one store, and the CPU time of all threads for them and their check, in milliseconds. */
interface Cost {
  turns: number;
  cpuMs: number;
}

export interface Report {
  scenarios: number;
  turns: number;
  byStore: Map<StoreKind, Cost>;
  /** The first scenario that broke a guarantee. It ends the search. */
  found: Found | undefined;
}

/** Plays the scenarios of the seeds from `seed` on, until one breaks a guarantee or `isEnough` returns true. */
export async function search(
  seed: number,
  isEnough: (report: Report) => boolean,
  store?: StoreKind,
): Promise<Report> {
  const report: Report = { scenarios: 0, turns: 0, byStore: new Map(), found: undefined };
  for (let next = seed; !report.found && !isEnough(report); next++) {
    const begun = process.cpuUsage();
    const played = await play(scenarioOf(next, store));
    const { user, system } = process.cpuUsage(begun);
    const turns = played.history.filter(({ is }) => is === 'run' || is === 'next turn').length;
    const cost = report.byStore.get(played.scenario.store) ?? { turns: 0, cpuMs: 0 };
    report.byStore.set(played.scenario.store, {
      turns: cost.turns + turns,
      cpuMs: cost.cpuMs + (user + system) / 1_000,
    });
    report.scenarios++;
    report.turns += turns;
    if (played.breaches.length > 0) report.found = played;
  }
  return report;
}

/** Plays a scenario and checks its history. Failed promises that nobody awaits are part of it. */
export async function play(scenario: Scenario): Promise<Found> {
  const unawaited: string[] = [];
  const note = (error: unknown): void => void unawaited.push(String(error));
  process.on('unhandledRejection', note);
  try {
    const history = simulate(scenario);
    // They are reported in the next turn of the real event loop.
    await new Promise((resolve) => void setImmediate(resolve));
    const at = history.at(-1)?.at ?? 0;
    history.push(...unawaited.map((error): Entry => ({ at, is: 'unawaited', error })));
    return { scenario, history, breaches: check(history) };
  } finally {
    process.off('unhandledRejection', note);
  }
}

/** Shortens a scenario (ddmin): removes steps as long as it still breaks one of the same guarantees. */
export async function shrink({ scenario, history, breaches }: Found): Promise<Found> {
  const wanted = new Set(breaches.map(({ guarantee }) => guarantee));
  let smallest: Found = { scenario, history, breaches };
  const attempt = async (steps: Step[]): Promise<boolean> => {
    const played = await play({ ...scenario, steps });
    const broken = played.breaches.filter(({ guarantee }) => wanted.has(guarantee));
    if (broken.length > 0) smallest = { ...played, breaches: broken };
    return broken.length > 0;
  };
  for (
    let size = Math.ceil(scenario.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < smallest.scenario.steps.length;) {
      if (!(await attempt(smallest.scenario.steps.toSpliced(from, size)))) from += size;
    }
  }
  return smallest;
}

/** A report of a counterexample: the steps, the broken guarantees, and the command to reproduce it. */
export function describe({ scenario, breaches }: Found): string {
  const { seed, store, processes, sessions, leaves } = scenario;
  return [
    ...breaches.map(({ guarantee, what }) => `guarantee ${guarantee}: ${what}`),
    `seed ${seed}, ${store}, ${processes} processes, sessions ${sessions.join(' ')}, readers leave with ${leaves}:`,
    ...scenario.steps.map(({ at, ...step }) => `  ${String(at).padStart(6)} ms  ${JSON.stringify(step)}`),
    `reproduce: bun tests/simulation/main.ts --store ${store} --seed ${seed} --scenarios 1 --history FILE`,
  ].join('\n');
}
