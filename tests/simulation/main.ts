#!/usr/bin/env bun
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { commitSeed } from '../support/commit-seed.ts';
import type { Entry } from './check/history.ts';
import { describe, play, search, shrink } from './search.ts';
import { scenarioOf } from './scenario.ts';

const HELP = `Plays random scenarios in virtual time and checks each history against docs/guarantees.md.

usage: bun tests/simulation/main.ts [--seed N] [--seconds N] [--scenarios N] [--turns N] [--workers N] [--store NAME] [--as-found] [--history FILE]
  --seed N       the first scenario (default: the commit's)
  --seconds N    how long (default 60)
  --scenarios N  how many scenarios at most
  --turns N      how many turns at most
  --workers N    processes that search side by side (default 1)
  --store NAME   SQLite or Firestore alone (default: one after the other)
  --as-found     prints the script as it was found, without shortening it
  --history FILE writes the history of the last scenario, or of the printed script, a JSON line each; not with --workers

If a history breaks a guarantee, exits with 1 and prints the shortest script that breaks it.
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(commitSeed()) },
    seconds: { type: 'string', default: '60' },
    scenarios: { type: 'string', default: 'Infinity' },
    turns: { type: 'string', default: 'Infinity' },
    workers: { type: 'string', default: '1' },
    store: { type: 'string' },
    history: { type: 'string' },
    'as-found': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

/** The number of seeds reserved for each worker. */
const SEEDS_OF_A_WORKER = 1_000_000;
const seed = Number(values.seed);
const store = values.store === 'SQLite' || values.store === 'Firestore' ? values.store : undefined;
const workers = Number(values.workers);
process.exitCode = workers > 1 ? await searchSideBySide() : await searchAlone();

async function searchAlone(): Promise<number> {
  const begun = Bun.nanoseconds();
  const seconds = (): number => (Bun.nanoseconds() - begun) / 1e9;
  const { scenarios, turns, byStore, found } = await search(
    seed,
    (report) =>
      seconds() > Number(values.seconds) ||
      report.scenarios >= Number(values.scenarios) ||
      report.turns >= Number(values.turns),
    store,
  );
  const took = seconds();
  process.stdout.write(
    `${scenarios} scenarios, ${turns} turns in ${took.toFixed(1)} s, ${Math.round(turns / took)} turns a second\n`,
  );
  for (const [kind, { turns: its, cpuMs }] of byStore)
    process.stdout.write(
      `${kind}: ${its} turns in ${(cpuMs / 1_000).toFixed(1)} s of CPU time, ${Math.round((its / cpuMs) * 1_000)} a second\n`,
    );
  if (!found) {
    if (values.history) writeHistory((await play(scenarioOf(seed + scenarios - 1, store))).history);
    return 0;
  }
  writeHistory(found.history);
  const told = values['as-found'] ? found : await shrink(found);
  writeHistory(told.history);
  process.stdout.write(`${describe(told)}\n`);
  return 1;
}

function writeHistory(history: readonly Entry[]): void {
  if (!values.history) return;
  writeFileSync(values.history, history.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

async function searchSideBySide(): Promise<number> {
  const { seconds, scenarios, turns } = values;
  const children = Array.from({ length: workers }, (_, index) => {
    const own = seed + index * SEEDS_OF_A_WORKER;
    const limits = [
      ...(store ? ['--store', store] : []),
      '--seconds',
      seconds,
      '--scenarios',
      scenarios,
      '--turns',
      `${Number(turns) / workers}`,
    ];
    return Bun.spawn({
      cmd: [process.execPath, import.meta.path, '--seed', `${own}`, ...limits],
      stdout: 'inherit',
      stderr: 'inherit',
    });
  });
  return Math.max(...(await Promise.all(children.map(({ exited }) => exited))));
}
