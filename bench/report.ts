import { type AddedMs, BURST, type Burst, type OpenLoop } from './measures/latency.ts';
import type { Spread } from './measures/rounds.ts';
import type { Streams } from './measures/streams.ts';
import type { TracingCost } from './measures/tracing.ts';
import type { A2aCost, Turns } from './measures/turns.ts';
import { usdOfThousandTurns } from './scale/model.ts';
import { type PerTarget, TARGETS, type TargetName } from './world.ts';

/** All results of a benchmark run, as --json prints them. */
export interface BenchReport {
  machine: { cores: number; model: string; bun: string; firestore: string; limit: string };
  /** The commit that was measured, and the day. */
  measured: { commit: string; on: string };
  rounds: number;
  turns: Turns;
  added: AddedMs;
  openLoop: OpenLoop[];
  a2a: A2aCost;
  /** CPU of a turn in a session of 2,000 events over one of 10. */
  longSession: PerTarget<number>;
  /** CPU for one second of an open stream, in milliseconds. */
  streamSecondMs: PerTarget<number>;
  streams: { 'pass-through': Streams; sqlite: Streams };
  burst: Burst[];
}

const NAMES: Record<TargetName, string> = {
  firestore: 'Firestore',
  sqlite: 'SQLite',
  fastapi: 'FastAPI/ADK',
  'pass-through': 'pass-through',
};

/** Turns failed: a figure of the others would be too good. */
const FAILED = Number.POSITIVE_INFINITY;
const short = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
const ms = (value: number): string => (value === FAILED ? 'turns failed' : `${short(value)} ms`);
const times = (value: number): string => (value === FAILED ? 'turns failed' : `${short(value)}x`);
/** The median, with the least and the most of the rounds. */
const spread = ({ median, least, most }: Spread): string =>
  least === most ? short(median) : `${short(median)} [${short(least)}-${short(most)}]`;
const perVcpu = ({ median, least, most }: Spread): Spread => ({
  median: 1_000 / median,
  least: 1_000 / most,
  most: 1_000 / least,
});

/** The report for a person: one screen. */
export function renderReport(report: BenchReport): string {
  const { machine, measured: at, rounds, turns, added, openLoop, burst, streams } = report;
  const columns = <T>(of: PerTarget<T>, cell: (value: T) => string): string[] =>
    TARGETS.map((name) => (of[name] === undefined ? '-' : cell(of[name])));
  const failed = (errors: number): string => (errors > 0 ? ` ${errors} ERRORS` : '');
  const open = openLoop.map(({ cores, perSecond, of }) => [
    `open loop, ${cores} core, ${perSecond} turns/s: first token p50`,
    ...columns(of, ({ p50, errors }) => `${spread(p50)}${failed(errors)}`),
  ]);
  const openP99 = openLoop.map(({ of }) => [
    '                                     p99',
    ...columns(of, ({ p99 }) => spread(p99)),
  ]);
  const rows = [
    ['', ...TARGETS.map((name) => NAMES[name])],
    ['added to the first token (1 client)', ...columns(added.added, spread)],
    ['CPU of a turn', ...columns(turns.cpuMs, spread)],
    ['durable turns/s a vCPU (from its CPU)', ...columns(turns.cpuMs, (cpu) => spread(perVcpu(cpu)))],
    ['closed loop, 1 core, 8 clients: turns/s', ...columns(turns.perSecond, spread)],
    ...open.flatMap((row, index) => [row, openP99[index] ?? []]),
    ...burst.map(({ cores, of }) => [
      `burst of ${BURST}, new process, ${cores} core: last first token`,
      ...columns(of, ({ lastMs, errors }) => `${spread(lastMs)}${failed(errors)}`),
    ]),
    ['start to /health', ...columns(burst[0]?.startMs ?? {}, spread)],
  ];
  const { operations, errors } = turns;
  const { reads, writes, deletes } = operations;
  const lines = [
    `${machine.cores} cores, ${machine.model}, bun ${machine.bun}; commit ${at.commit}, ${at.on}. Firestore: ${machine.firestore}.`,
    `Each server has one core, or half a core, by ${machine.limit}. Sign-in is required. Times in milliseconds:`,
    `median of the rounds (${rounds}) [least-most]. Times and rates hold for this machine only; ratios can be compared.`,
    '',
    table(rows),
    '',
    `A turn on Firestore: ${short(reads)} reads, ${short(writes)} writes, ${short(deletes)} deletes; ${usdOfThousandTurns(operations).toFixed(4)} USD for 1,000 turns. A read takes ${ms(added.firestore.readMs)}, a write ${ms(added.firestore.writeMs)}.`,
    `A second of an open stream: ${ms(report.streamSecondMs.firestore ?? 0)} of CPU on Firestore, ${ms(report.streamSecondMs.sqlite ?? 0)} on SQLite. Memory: ${short(streams.sqlite.bytesPerStream / 1_000)} KB a stream.`,
    '',
    table([
      ['figure (a ratio within this run)', 'measured', 'to reach', ''],
      ...figures(report).map(({ what, measured, toReach, reached }) => [
        what,
        measured,
        toReach,
        reached ? 'reached' : 'NOT reached',
      ]),
    ]),
    ...Object.entries(errors).flatMap(([name, count]) => (count > 0 ? [`${name}: ${count} errors`] : [])),
    ...[...turns.errorSamples, ...streams.sqlite.errorSamples].slice(0, 5),
  ];
  return `${lines.join('\n')}\n`;
}

/** What tracing costs on one store, in a line. */
export function renderTracing(name: TargetName, share: number, cost: TracingCost): string {
  const { total, quartiles, plainMs, turns, spansPerTurn, errors } = cost;
  return `${NAMES[name]}: CPU of a turn where ${share * 100} % of requests are traced over that of one where none is: ${total.toFixed(3)} in total, ${quartiles.toFixed(3)} by the lower quartiles; ${turns} turns, ${short(plainMs)} ms without tracing, ${short(spansPerTurn)} spans received for each, ${errors} errors\n`;
}

interface Row {
  what: string;
  measured: string;
  toReach: string;
  reached: boolean;
}

/** The targets. They are ratios wherever an absolute value would depend on the machine's speed. */
export function figures(report: BenchReport): Row[] {
  const { turns, added, a2a, burst, streams, longSession } = report;
  const of = (found: PerTarget<Spread>, name: TargetName): number => found[name]?.median ?? Number.NaN;
  const cpu = (name: TargetName): number => of(turns.cpuMs, name);
  const rate = (name: TargetName): number => of(turns.perSecond, name);
  const late = streams.sqlite.lateP99Ms / streams['pass-through'].lateP99Ms;
  const least = (name: string, value: number, target: number, print = short): Row => ({
    what: name,
    measured: print(value),
    toReach: `>= ${print(target)}`,
    reached: value >= target,
  });
  const most = (name: string, value: number, target: number, print = times): Row => ({
    what: name,
    measured: print(value),
    toReach: `<= ${print(target)}`,
    reached: value <= target,
  });
  const burstOf = (name: TargetName): number => {
    const found = burst[0]?.of;
    const extra =
      (found?.[name]?.lastMs.median ?? Number.NaN) - (found?.['pass-through']?.lastMs.median ?? 0);
    return found?.[name]?.errors === 0 ? extra : FAILED;
  };
  return [
    most('CPU of a turn, Firestore over SQLite', cpu('firestore') / cpu('sqlite'), 2.5),
    least('durable turns/s a vCPU, Firestore', 1_000 / cpu('firestore'), 150),
    least('durable turns/s a vCPU, SQLite', 1_000 / cpu('sqlite'), 700),
    most('added to the first token, SQLite', of(added.added, 'sqlite'), 1, ms),
    most('the same on Firestore', of(added.added, 'firestore'), added.firestore.writeMs + 1, ms),
    most('300 at once beyond the pass-through, Firestore', burstOf('firestore'), 1_000, ms),
    most('300 at once beyond the pass-through, SQLite', burstOf('sqlite'), 1_000, ms),
    least('turns/s of the pass-through, SQLite', rate('sqlite') / rate('pass-through'), 0.25),
    ...(turns.perSecond.fastapi
      ? [least('turns/s over FastAPI/ADK, SQLite', rate('sqlite') / rate('fastapi'), 20, times)]
      : []),
    most('CPU of a turn, A2A over REST', a2a.errors === 0 ? a2a.ratio.median : FAILED, 1.2),
    most(
      `${streams.sqlite.asked} streams at once, p99 over the pass-through`,
      streams.sqlite.errors === 0 ? late : FAILED,
      4,
    ),
    most('CPU of a turn, 2,000 events over 10, SQLite', longSession.sqlite ?? Number.NaN, 1.5),
    most('the same on Firestore', longSession.firestore ?? Number.NaN, 1.5),
  ];
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').length)),
  );
  return rows
    .map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
