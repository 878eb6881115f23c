import { check, type Breach } from './check/check.ts';
import type { Entry } from './check/history.ts';
import { scenarioOf, simulate, type Scenario, type Step } from './scenario.ts';
import type { StoreKind } from './stores.ts';

export interface Found {
  scenario: Scenario;
  history: Entry[];
  breaches: Breach[];
}

export interface Report {
  scenarios: number;
  turns: number;
  /** The first scenario that broke a guarantee. It ends the search. */
  found: Found | undefined;
}

/** Plays the scenarios of the seeds from `seed` on, until one breaks a guarantee or `isEnough` returns true. */
export function search(seed: number, isEnough: (report: Report) => boolean, store?: StoreKind): Report {
  const report: Report = { scenarios: 0, turns: 0, found: undefined };
  for (let next = seed; !report.found && !isEnough(report); next++) {
    const scenario = scenarioOf(next, store);
    const history = simulate(scenario);
    const breaches = check(history);
    report.scenarios++;
    report.turns += history.filter(({ is }) => is === 'run' || is === 'next turn').length;
    if (breaches.length > 0) report.found = { scenario, history, breaches };
  }
  return report;
}

/** Shortens a scenario (ddmin): removes steps as long as it still breaks one of the same guarantees. */
export function shrink({ scenario, history, breaches }: Found): Found {
  const wanted = new Set(breaches.map(({ guarantee }) => guarantee));
  let smallest: Found = { scenario, history, breaches };
  const attempt = (steps: Step[]): boolean => {
    const smaller = { ...scenario, steps };
    const told = simulate(smaller);
    const broken = check(told).filter(({ guarantee }) => wanted.has(guarantee));
    if (broken.length > 0) smallest = { scenario: smaller, history: told, breaches: broken };
    return broken.length > 0;
  };
  for (
    let size = Math.ceil(scenario.steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < smallest.scenario.steps.length;) {
      if (!attempt(smallest.scenario.steps.toSpliced(from, size))) from += size;
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
