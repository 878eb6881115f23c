import type { A2aCost } from './measures/a2a.ts';
import { usdOfThousandTurns, type Operations } from './scale/model.ts';
import type { Deployed } from './measures/deployed.ts';
import type { FirstToken } from './measures/first-token.ts';
import type { FramesCost } from './measures/frames.ts';
import type { LongSession } from './measures/long-session.ts';
import type { Streams } from './measures/streams.ts';
import type { Throughput } from './measures/throughput.ts';
import type { TargetName } from './targets.ts';

/** All results of a benchmark run, as --json prints them. */
export interface BenchReport {
  machine: { cpus: number; model: string; bun: string };
  /** With Firestore, as in staging. */
  deployed: Deployed;
  throughput: Throughput;
  a2a: A2aCost;
  firstTokenMs: FirstToken;
  frames: FramesCost;
  streams: Partial<Record<TargetName, Streams>>;
  /** The same number of streams, started faster than the machine can serve. */
  rush: Partial<Record<TargetName, Streams>>;
  startMs: { service: number; fastapi: number };
  /** Without sending the history to the model: the turn's own cost. */
  longSessionOwn: LongSession;
  /** With the complete history sent to the model. */
  longSessionFull: LongSession;
  /** With a summary and the events after it sent to the model. */
  longSessionCompacted: LongSession;
  /** The turn's own cost with Firestore as its store. */
  longSessionFirestore: LongSession;
}

interface Row {
  what: string;
  measured: string;
  toReach: string;
  reached: boolean;
}

const times = (ratio: number) => `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

/** The targets. They are ratios wherever an absolute value would depend on the machine's speed. */
export function figures(report: BenchReport): Row[] {
  const { turnsPerSecond, cpuMsPerTurn } = report.throughput;
  const overFastapi = turnsPerSecond.service / turnsPerSecond.fastapi;
  const ofPassThrough = turnsPerSecond.service / turnsPerSecond['pass-through'];
  const addedMs = report.firstTokenMs.service - report.firstTokenMs['pass-through'];
  const { cpuMsPerTurn: cpu, firstTokenMs: first, burst } = report.deployed;
  const rows: Row[] = [
    row(
      'CPU of a turn on Firestore over SQLite',
      times(cpu.firestore / cpu.sqlite),
      '<= 2.5x',
      cpu.firestore <= 2.5 * cpu.sqlite,
    ),
    row(
      'durable turns/s a core, Firestore',
      (1_000 / cpu.firestore).toFixed(0),
      '>= 150',
      cpu.firestore <= 1_000 / 150,
    ),
    row(
      'durable turns/s a core, SQLite',
      (1_000 / cpu.sqlite).toFixed(0),
      '>= 700',
      cpu.sqlite <= 1_000 / 700,
    ),
    row(
      'first token, Firestore over SQLite',
      ms(first.firestore - first.sqlite),
      'a round trip + 1 ms',
      first.firestore - first.sqlite <= 1,
    ),
    row(
      '300 turns at once on a new process',
      ms(burst.firestore.firstTokenMs),
      '<= 1 s',
      burst.firestore.firstTokenMs <= 1_000 && burst.firestore.errors === 0,
    ),
    row('turns/s over FastAPI/ADK', times(overFastapi), '>= 15x, then 20x', overFastapi >= 15),
    row('turns/s of the pass-through', ofPassThrough.toFixed(3), '>= 0.10, then 0.2', ofPassThrough >= 0.1),
    row('server CPU a turn', ms(cpuMsPerTurn.service), '<= 0.9 ms, then 0.6', cpuMsPerTurn.service <= 0.9),
    row('added to the first token, p50', ms(addedMs), '<= 1 ms', addedMs <= 1),
    row(
      'throughput that stored frames take',
      percent(report.frames.share),
      '<= 15 %',
      report.frames.share <= 0.15,
    ),
    row(
      'a turn over A2A, CPU over REST',
      times(report.a2a.ratio),
      '<= 1.3x',
      report.a2a.ratio <= 1.3 && report.a2a.errors === 0,
    ),
  ];
  const { service, 'pass-through': limit } = report.streams;
  if (service && limit) {
    const ratio = service.lateMs.p99 / limit.lateMs.p99;
    const kilobytes = service.bytesPerStream / 1_000;
    const open = `${service.mostAtOnce} at once, ${service.errors} errors`;
    rows.push(
      row(
        'streams at once in one process',
        open,
        `${service.asked}, 0 errors`,
        service.errors === 0 && service.mostAtOnce >= service.asked,
      ),
      row('their p99 over the pass-through', times(ratio), '<= 4x', ratio <= 4),
      row('memory a stream', `${kilobytes.toFixed(0)} KB`, '<= 200 KB', kilobytes <= 200),
    );
  }
  rows.push(
    row(
      'own cost at 2,000 events over 10',
      times(report.longSessionOwn.ratio),
      '<= 1.5x',
      report.longSessionOwn.ratio <= 1.5,
    ),
    row(
      'in full, once a summary bounds what is sent',
      times(report.longSessionCompacted.ratio),
      '<= 1.5x',
      report.longSessionCompacted.ratio <= 1.5,
    ),
    row(
      'own cost on Firestore at 2,000 events over 10',
      times(report.longSessionFirestore.ratio),
      '<= 1.5x',
      report.longSessionFirestore.ratio <= 1.5,
    ),
    row('start to /health, bundled', ms(report.startMs.service), '<= 500 ms', report.startMs.service <= 500),
  );
  return rows;
}

function row(what: string, measured: string, toReach: string, reached: boolean): Row {
  return { what, measured, toReach, reached };
}

const operationsLine = (operations: Operations) =>
  `A turn on Firestore: ${operations.reads.toFixed(1)} reads, ${operations.writes.toFixed(1)} writes, ${operations.deletes.toFixed(1)} deletes; ${usdOfThousandTurns(operations).toFixed(4)} USD for 1,000 turns.`;

const growth = ({ ratio, shortMs, longMs }: LongSession) =>
  `${times(ratio)} (${ms(shortMs)} -> ${ms(longMs)})`;

/** The report for a person. */
export function renderReport(report: BenchReport): string {
  const { throughput, firstTokenMs, streams, rush, startMs } = report;
  const { longSessionOwn, longSessionFull, longSessionCompacted, longSessionFirestore } = report;
  const { turnsPerSecond, cpuMsPerTurn } = throughput;
  const names: TargetName[] = ['service', 'fastapi', 'pass-through'];
  const lines = [
    `${report.machine.cpus} cores, ${report.machine.model}, bun ${report.machine.bun}`,
    '',
    deployedTable(report.deployed),
    operationsLine(report.deployed.operationsPerTurn),
    '',
    table([
      ['', 'turns/s', 'most', 'CPU a turn', 'median', 'first token p50', 'errors'],
      ...names.map((name) => [
        name,
        turnsPerSecond[name].toFixed(0),
        throughput.mostTurnsPerSecond[name].toFixed(0),
        ms(cpuMsPerTurn[name]),
        ms(throughput.medianCpuMsPerTurn[name]),
        ms(firstTokenMs[name]),
        String(throughput.errors[name]),
      ]),
    ]),
    `The load client's own ceiling: ${throughput.clientCeiling.toFixed(0)} turns/s.`,
    '',
    streamsTable('streams at once', streams),
    '',
    streamsTable('begun in a rush', rush),
    '',
    `A turn at 2,000 events over one at 10: ${growth(longSessionOwn)} own cost, ${growth(longSessionFull)} with the history sent, ${growth(longSessionCompacted)} once a summary bounds what is sent, ${growth(longSessionFirestore)} on Firestore.`,
    `A turn over A2A: ${ms(report.a2a.a2aMs)} of CPU, over REST ${ms(report.a2a.restMs)}; ${report.a2a.errors} errors.`,
    `With stored frames ${report.frames.turnsPerSecond.with.toFixed(0)} turns/s and ${ms(report.frames.cpuMsPerTurn.with)} of CPU, without ${report.frames.turnsPerSecond.without.toFixed(0)} and ${ms(report.frames.cpuMsPerTurn.without)}.`,
    `Start to /health: service ${ms(startMs.service)}, FastAPI/ADK ${ms(startMs.fastapi)}.`,
    '',
    table([
      ['figure', 'measured', 'to reach', ''],
      ...figures(report).map(({ what, measured, toReach, reached }) => [
        what,
        measured,
        toReach,
        reached ? 'reached' : 'NOT reached',
      ]),
    ]),
    ...throughput.errorSamples.slice(0, 5),
  ];
  return `${lines.join('\n')}\n`;
}

function deployedTable({ firestore, burst, atConstantRate, ...found }: Deployed): string {
  const { cpuMsPerTurn, medianCpuMsPerTurn, firstTokenMs, cpuMsPerStreamSecond } = found;
  const rows = (['firestore', 'sqlite'] as const).map((store) => [
    store,
    ms(cpuMsPerTurn[store]),
    ms(medianCpuMsPerTurn[store]),
    (1_000 / cpuMsPerTurn[store]).toFixed(0),
    ms(cpuMsPerStreamSecond[store]),
    ms(firstTokenMs[store]),
    `${ms(burst[store].firstTokenMs)}, ${burst[store].errors} errors`,
  ]);
  const head = ['turns/s a core', 'a stream second', 'first token p50', 'burst of 300, p99'];
  const rates = atConstantRate.map(({ store, perSecond, p50, p99, errors }) => [
    store,
    String(perSecond),
    ms(p50),
    ms(p99),
    String(errors),
  ]);
  return [
    `As deployed; Firestore is ${firestore}, and shares the machine's cores.`,
    table([['', 'CPU a turn', 'median', ...head], ...rows]),
    '',
    table([['at a constant rate', 'turns/s', 'first token p50', 'p99', 'errors'], ...rates]),
  ].join('\n');
}

function streamsTable(title: string, streams: Partial<Record<TargetName, Streams>>): string {
  return table([
    [title, 'open', 'errors', 'first token p99', 'late p50', 'late p99', 'memory each'],
    ...Object.entries(streams).map(([name, found]) => [
      name,
      String(found.mostAtOnce),
      String(found.errors),
      ms(found.firstTokenMs.p99),
      ms(found.lateMs.p50),
      ms(found.lateMs.p99),
      `${(found.bytesPerStream / 1_000).toFixed(0)} KB`,
    ]),
  ]);
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => (cells[column] ?? '').length)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
