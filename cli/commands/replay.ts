import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Replayed } from '@lornu/evaluation/replay.ts';
import { renderReport } from '@lornu/evaluation/report.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { openGithub } from '@lornu/ops/delivery/github/client.ts';
import { MARKS, writeComment } from '@lornu/ops/delivery/github/comment.ts';
import { writeJobSummary } from '@lornu/ops/delivery/github/job.ts';
import { type CassetteFile, readCassettes, writeCassettes } from '@lornu/ops/eval/cassette-files.ts';
import { cassettesAt, compareCosts, renderCosts } from '@lornu/ops/eval/replay-cost.ts';
import { findCassettes } from '@lornu/ops/eval/gate.ts';
import { acceptAll, renderReplay, runReplay } from '@lornu/ops/eval/run-replay.ts';
import { addLiveOptions, type LiveFlags, replayLive } from './replay-live.ts';
import { serverAt } from './options.ts';
import { serverUrl, wholeNumber, wholePort } from './values.ts';

const HELP = `
Examples:
  ./lornu replay                                        plays the cassettes beside the agents to this checkout
  ./lornu replay --against main                         also compares tokens and cost with main
  ./lornu replay cassettes --image localhost/lornu:1a2b tests an image
  ./lornu replay cassettes --url http://127.0.0.1:8080 --port 9000
  ./lornu replay cassettes --accept                     accepts the current behavior
  ./lornu replay --live --accept                        measures and stores how often the agents pass with a real model
  ./lornu replay --live                                 tests whether they still pass as often, with as few turns as possible

The command sends the conversations to the candidate's public API. The candidate's model and tools answer from the
cassettes, without a network and without a key. A candidate at --url must run on this machine, with GOOGLE_GEMINI_BASE_URL
and LORNU_REPLAY_URL set to http://127.0.0.1:PORT. --live uses the real model (GEMINI_API_KEY, else the stand-in), and the
criteria in the test_config.json beside each agent. With --live, a server at --url runs its own tools. docs/evaluation.md
explains the comparison and the names of the changes.
Exit codes: 0 nothing changed, or as good; 1 a conversation changed, or worse, or undecided; 2 usage, 3 something is missing on this machine.
`;

interface Flags {
  url?: string;
  image?: string;
  port: number;
  report: string;
  accept?: boolean;
  parallel: number;
  tokenFile?: string;
  against?: string;
  pullRequest?: number;
  json?: boolean;
  live?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .argument('[cassettes...]', 'files or folders (default: those beside the agents)')
    .option('--url <url>', 'a running candidate', serverUrl)
    .option('--image <image>', 'an image to run as the candidate')
    .option('--port <number>', 'port of the cassettes for --url', wholePort, 9_000)
    .option('--report <file>', 'file of the side-by-side comparison', 'replay.html')
    .option('--accept', 'accept the played conversations as the expected ones')
    .option('--parallel <n>', 'conversations at the same time', wholeNumber(1, 64), 8)
    .option('--token-file <file>', "a machine's token, for --url")
    .option('--against <commit>', 'also compare tokens and cost with this commit')
    .option(
      '--pull-request <number>',
      'post that comparison as a comment on this pull request',
      wholeNumber(1, 1e9),
    )
    .option('--json', 'print the result as JSON')
    .option('--live', 'use the real model, until it is clear whether the candidate is worse')
    .addHelpText('after', HELP);
  addLiveOptions(command).action(async (paths: string[], flags: Flags & LiveFlags) => {
    const agentsDir = resolve(context.root, context.env['LORNU_AGENTS_DIR'] || 'agents');
    const files = paths.length > 0 ? await readCassettes(paths) : await findCassettes(agentsDir);
    const { url, image, port, parallel } = flags;
    const { headers = {} } = await serverAt(url ?? '', flags.tokenFile, context);
    if (flags.live) {
      finish(await replayLive(files, flags, headers, agentsDir, context));
      return;
    }
    const replayed = await runReplay(
      files,
      { port, ...(url === undefined ? {} : { url }), ...(image === undefined ? {} : { image }) },
      context,
      { agentsDir, parallel, headers },
    );
    if (flags.accept) await writeCassettes(acceptAll(files, replayed));
    const hasChanged = replayed.some(({ verdict }) => verdict === 'changed');
    if (hasChanged) await writeFile(flags.report, renderReport(replayed, 'Replay'), { mode: 0o600 });
    const results = replayed.map(({ name, appName, verdict, changes, missing }) => ({
      name,
      appName,
      verdict,
      changes,
      missing,
    }));
    context.stdout(
      flags.json
        ? `${JSON.stringify(results, null, 2)}\n`
        : renderReplay(replayed, hasChanged ? flags.report : undefined),
    );
    if (flags.against !== undefined)
      await tellCosts(flags.against, flags.pullRequest, files, replayed, context);
    finish(hasChanged && !flags.accept ? EXIT.failed : EXIT.ok);
  });
}

/** Prints the changes of tokens and cost, also to the job's summary, and as a comment if a pull request is given. */
async function tellCosts(
  commit: string,
  pullRequest: number | undefined,
  files: readonly CassetteFile[],
  replayed: readonly Replayed[],
  context: CliContext,
): Promise<void> {
  const before = await cassettesAt(commit, files, context.root);
  const text = renderCosts(compareCosts(before, replayed, Date.now()));
  // --json prints one document.
  context.stderr(text);
  await writeJobSummary(context.env, text);
  if (pullRequest === undefined) return;
  const github = openGithub(context.env, 'The comment was not written.');
  context.stderr(`${await writeComment(github, pullRequest, text, MARKS.replay)}\n`);
}
