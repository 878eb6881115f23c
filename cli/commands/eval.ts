import type { Command } from 'commander';
import { basename, dirname, resolve } from 'node:path';
import { toSnakeKeys } from '@lornu/evaluation/keys.ts';
import { STATUS } from '@lornu/evaluation/metrics.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { findSets, readSet } from '@lornu/ops/eval/eval-files.ts';
import { startLocalService } from '@lornu/ops/eval/local-service.ts';
import { keepResult, renderEval, runEval } from '@lornu/ops/eval/run-eval.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { serverAt } from './options.ts';
import { collect, serverUrl, wholeNumber } from './values.ts';

const HELP = `
Examples:
  ./lornu eval                                   all agents with eval sets, on this checkout
  ./lornu eval lornu --cases greeting,status     two cases of one agent
  ./lornu eval lornu --url http://127.0.0.1:8000 what adk api_server serves there
  ./lornu eval --url https://aws-staging.lornu.ai --token-file token

The sets and configurations are google-adk's: *.evalset.json and test_config.json beside each agent, so adk eval takes
the same files. Without --url the service is started from its sources with empty stores; Gemini answers where
GEMINI_API_KEY is set, else the stand-in. Criteria that a model judges need GEMINI_API_KEY and say "not judged" without.
Results are kept as google-adk keeps them, in AGENT/.adk/eval_history, and --json prints them in that form.
Exit codes: 0 no case failed, 1 a case failed, 2 usage, 3 something is missing on this machine, 130 interrupted (Ctrl-C).
`;

interface Flags {
  url?: string;
  set: string[];
  config?: string;
  cases: string[];
  tokenFile?: string;
  parallel: number;
  keep: boolean;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .argument('[agent]', 'the folder of one agent; all that have eval sets when left out')
    .option('--url <url>', "a server of ADK's API to evaluate", serverUrl)
    .option('--set <file>', 'an eval set in another folder, for the named agent; repeatable', collect, [])
    .option('--config <file>', 'criteria to use instead of test_config.json beside the set')
    .option(
      '--cases <names>',
      'only these cases, separated by commas',
      (text: string) => text.split(',').filter(Boolean),
      [],
    )
    .option('--token-file <file>', "a machine's token, for a deployment")
    .option('--parallel <n>', 'cases at the same time', wholeNumber(1, 64), 4)
    .option('--no-keep', 'do not save the results beside the agent')
    .option('--json', "print the results in google-adk's form")
    .addHelpText('after', HELP)
    .action(async (agent: string | undefined, flags: Flags) => {
      const agentsDir = resolve(context.root, context.env['LORNU_AGENTS_DIR'] || 'agents');
      const files =
        flags.set.length > 0
          ? await Promise.all(
              flags.set.map(async (path) =>
                readSet(path, agent ?? basename(dirname(resolve(path))), flags.config),
              ),
            )
          : await findSets(agentsDir, agent, flags.config);
      const reporter = createReporter(context);
      const local = flags.url === undefined ? await startLocalService(context, { agentsDir }) : undefined;
      try {
        if (local) reporter.emit({ kind: 'note', text: `Answers come from ${local.model}.` });
        const server = await serverAt(flags.url ?? '', flags.tokenFile, context);
        if (local) server.url = local.url;
        const evaluated = await runEval(server, files, context, {
          evalIds: flags.cases,
          parallel: flags.parallel,
          onCase: (setId, evalId, status) => {
            if (status === STATUS.failed) reporter.emit({ kind: 'note', text: `${setId}: ${evalId} failed` });
          },
        });
        if (flags.keep) await Promise.all(evaluated.map(keepResult));
        context.stdout(
          flags.json
            ? `${JSON.stringify(toSnakeKeys(evaluated.map(({ result }) => result)), null, 2)}\n`
            : renderEval(evaluated),
        );
        const failed = evaluated.some(({ result }) =>
          result.evalCaseResults.some(({ finalEvalStatus }) => finalEvalStatus === STATUS.failed),
        );
        finish(failed ? EXIT.failed : EXIT.ok);
      } finally {
        await local?.stop();
        reporter.close();
      }
    });
}
