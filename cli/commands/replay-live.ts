import { type Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import type { LiveTrial } from '@lornu/evaluation/live.ts';
import { renderReport } from '@lornu/evaluation/report.ts';
import { SequentialTest } from '@lornu/evaluation/sequential-test.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import type { CassetteFile } from '@lornu/ops/eval/cassette-files.ts';
import { type Baseline, readBaseline, writeBaseline } from '@lornu/ops/eval/live-baseline.ts';
import { renderLive, renderPlan, runLive, summarize } from '@lornu/ops/eval/run-live.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { positive, share, wholeNumber } from './values.ts';

/** Options of `lornu replay --live`. */
export interface LiveFlags {
  rate?: number;
  worseBy: number;
  alpha: number;
  beta: number;
  repetitions?: number;
  maxTurns: number;
  maxTokens: number;
  maxCost: number;
  config?: string;
}

/** With so many conversations, the test reaches a decision in nearly every series. */
const CONVERSATIONS = 300;
const MEASURED_CONVERSATIONS = 200;

/** Adds the options that only --live takes. */
export function addLiveOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--rate <share>',
        'live: share of trials that the accepted agents pass (default: as measured)',
      ).argParser(share),
    )
    .addOption(
      new Option('--worse-by <share>', 'live: smallest drop of that share that the test must detect')
        .default(0.1)
        .argParser(share),
    )
    .addOption(
      new Option('--alpha <share>', 'live: highest rate of false alarms (an equal candidate is called worse)')
        .default(0.05)
        .argParser(share),
    )
    .addOption(
      new Option('--beta <share>', 'live: highest rate of misses (a worse candidate is called as good)')
        .default(0.05)
        .argParser(share),
    )
    .option('--repetitions <n>', 'live: most plays of each conversation', wholeNumber(1, 1_000))
    .option('--max-turns <n>', 'live: most turns', wholeNumber(1, 1e6), 1_000)
    .option('--max-tokens <n>', 'live: most tokens', wholeNumber(1, 1e9), 2_000_000)
    .addOption(
      new Option('--max-cost <usd>', 'live: highest cost in US dollars').default(5).argParser(positive),
    )
    .option('--config <file>', 'live: criteria in place of the test_config.json beside each agent');
}

interface Flags extends LiveFlags {
  url?: string;
  image?: string;
  port: number;
  report: string;
  accept?: boolean;
  parallel: number;
  json?: boolean;
}

/** Compares a candidate with the accepted agents, with a real model. With --accept, it measures the accepted agents. */
export async function replayLive(
  files: readonly CassetteFile[],
  flags: Flags,
  headers: Readonly<Record<string, string>>,
  agentsDir: string,
  context: CliContext,
): Promise<ExitCode> {
  const { url, image, port, parallel, config, accept = false } = flags;
  const most = { turns: flags.maxTurns, tokens: flags.maxTokens, costUsd: flags.maxCost };
  const enough = accept ? MEASURED_CONVERSATIONS : CONVERSATIONS;
  const repetitions = flags.repetitions ?? Math.max(3, Math.ceil(enough / files.length));
  const baseline = accept ? undefined : await baselineOf(files, flags);
  const plan = baseline && { ...pick(flags), rate: baseline.rate, from: originOf(baseline) };
  const test = plan && new SequentialTest(plan);
  context.stderr(renderPlan(files, { repetitions, most }, plan));
  const reporter = createReporter(context);
  const options = { agentsDir, parallel, repetitions, most, config, headers };
  const candidate = {
    port,
    ...(url === undefined ? {} : { url }),
    ...(image === undefined ? {} : { image }),
  };
  const series = await runLive(files, candidate, context, {
    ...options,
    ...(test ? { test } : {}),
    onTrial: ({ name, passed, reasons }) => {
      if (!passed) reporter.emit({ kind: 'note', text: `${name}: ${reasons.join('; ')}` });
    },
  }).finally(() => reporter.close());
  const failed = series.trials.filter(({ passed }) => passed === false);
  if (failed.length > 0)
    await writeFile(flags.report, renderReport(shown(series.trials), 'Replay with a real model'), {
      mode: 0o600,
    });
  if (accept) {
    const paths = await writeBaseline(files, series.trials, series.models, new Date());
    context.stderr(`Written: ${paths.join(', ')}\n`);
  }
  const { used, models, seconds, limit } = series;
  const decision = test && (series.decision ?? 'undecided');
  context.stdout(
    flags.json
      ? `${JSON.stringify({ decision, ...(plan ? { test: plan } : {}), ...(limit ? { limit } : {}), used, most, models, seconds, conversations: summarize(series.trials) }, null, 2)}\n`
      : renderLive(series, test !== undefined, failed.length > 0 ? flags.report : undefined),
  );
  return decision === undefined || decision === 'as good' ? EXIT.ok : EXIT.failed;
}

const pick = ({ worseBy, alpha, beta }: LiveFlags) => ({ worseBy, alpha, beta });

async function baselineOf(files: readonly CassetteFile[], { rate, worseBy }: LiveFlags): Promise<Baseline> {
  const baseline = rate === undefined ? await readBaseline(files) : { rate };
  if (baseline.rate > worseBy) return baseline;
  throw new CliError({
    what: 'The comparison is not possible.',
    why: `Only ${(baseline.rate * 100).toFixed(1)} % of the trials pass with the accepted agents, so no candidate can be worse by ${worseBy * 100} points.`,
    next: 'Look at the criteria (test_config.json beside the agent), or give a smaller --worse-by.',
    exitCode: EXIT.usage,
  });
}

function originOf({ measured }: Baseline): string {
  if (!measured) return 'given by --rate';
  const { passed, trials, low, high, models } = measured;
  return `measured: ${passed} of ${trials}, 95 % interval ${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)} %, by ${models.join(', ')}`;
}

/** The first failed trial of each conversation; a conversation without a failure is shown as unchanged. */
function shown(trials: readonly LiveTrial[]) {
  return [...Map.groupBy(trials, ({ name }) => name).values()].map((all) => {
    const failed = all.find(({ passed }) => passed === false);
    const { name = '', appName = '', before = [], now = [], reasons = [] } = failed ?? all[0] ?? {};
    const count = all.filter(({ passed }) => passed === false).length;
    return {
      name: `${name}, ${count} of ${all.length} failed`,
      appName,
      verdict: failed ? 'changed' : 'same',
      changes: reasons,
      before,
      now,
      missing: [],
    };
  });
}
