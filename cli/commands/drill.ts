import { Route53 } from '@aws-sdk/client-route-53';
import { Option, type Command } from 'commander';
import { Resolver } from 'node:dns/promises';
import { join, resolve } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { drill } from '@lornu/rehearsal/drill/drill.ts';
import { keepDrill, readDrills } from '@lornu/rehearsal/drill/history.ts';
import type { DrillReport } from '@lornu/rehearsal/drill/judge-drill.ts';
import { clockOf, renderDrill, renderHistory } from '@lornu/rehearsal/drill/render-drill.ts';
import { REHEARSAL_PACE } from '@lornu/rehearsal/tasks/pace.ts';
import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { drillFailOver, failOverPlan, sayOnce, type FailOverTimes } from '@lornu/ops/verify/fail-over.ts';
import { askYes, DATA_DIR_OPTION, inRehearsal, serverAt } from './options.ts';
import { awsRegion, serverUrl } from './values.ts';
import { whileServed } from './rehearse-whole.ts';

const HELP = `
Examples:
  ./lornu rehearse apply && ./lornu drill   stops one cloud after the other, while a chat page is open
  ./lornu drill --history                   lists the earlier drills on this machine, with image digests
  ./lornu drill --json                      prints the times to detect and to recover as JSON
  ./lornu drill --url https://agent.lornu.ai --token-file token   runs in staging; asks first

With --url the drill runs in staging, under the fail-over name. Without AWS credentials or your confirmation, it only
prints what it would do.

The drill has these parts. Google's agent dies, and the conversation continues on AWS. AWS dies, and the conversation
continues at Google's agent. Both come back. Gemini refuses requests of the AWS side, and Google's agent answers instead.
The page uses the fail-over name. Route 53's rule decides its address: health check, three failures, TTL.
If Chromium is installed, the page is also open in it, and the report has each sentence that it shows during a switch.
${clockOf(REHEARSAL_PACE)}
Without --url the drill uses only this machine, with the environment of ./lornu rehearse apply. It needs root on Linux.
For staging, see docs/operations.md, "Fail over".
Exit codes: 0 the drill passed, 1 it failed, 2 usage, 3 something is missing on this machine.
`;

interface Flags {
  history?: boolean;
  browser: boolean;
  url?: string;
  tokenFile?: string;
  region: string;
  dataDir: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--history', 'list the earlier drills on this machine')
    .option('--no-browser', 'do not open the page in Chromium')
    .option('--url <url>', 'in staging: the shared name (failover_domain_name)', serverUrl)
    .option('--token-file <file>', 'with --url: a token that may act for users (default: LORNU_VERIFY_TOKEN)')
    .addOption(
      new Option('--region <name>', 'with --url: region of the account')
        .argParser(awsRegion)
        .env('AWS_REGION')
        .default('us-east-1'),
    )
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async ({ history, browser, dataDir, json, url, tokenFile, region }: Flags) => {
      const path = join(resolve(context.root, dataDir), 'drills.jsonl');
      if (history) {
        const drills = await readDrills(path);
        context.stdout(json ? `${JSON.stringify(drills, null, 2)}\n` : renderHistory(drills));
        return;
      }
      if (url !== undefined) {
        const times = await inStaging({ url, tokenFile, region }, context);
        if (json) context.stdout(`${JSON.stringify(times, null, 2)}\n`);
        else if (times) context.stdout(renderTimes(times));
        finish(times ? EXIT.ok : EXIT.failed);
        return;
      }
      const report = await play(dataDir, browser, context);
      await keepDrill(path, report);
      context.stdout(
        json
          ? `${JSON.stringify({ ...report, clock: clockOf(REHEARSAL_PACE) }, null, 2)}\n`
          : renderDrill(report, REHEARSAL_PACE),
      );
      finish(report.holds ? EXIT.ok : EXIT.failed);
    });
}

async function play(dataDir: string, browser: boolean, context: CliContext): Promise<DrillReport> {
  const why = await whyNoNamespaces(context.env);
  if (why !== undefined)
    throw new CliError({
      what: 'A drill needs the applied network.',
      why: `Only that network resolves the fail-over name, and this machine cannot build it: ${why}`,
      next: 'Run the command as root on Linux. ./lornu doctor shows what is missing.',
      exitCode: EXIT.machine,
    });
  const { result } = await inRehearsal(dataDir, context, async (rehearsal) =>
    whileServed(rehearsal, context, { peer: true }, async (standing, served, serving) =>
      drill(
        { standing, served, context: serving },
        browser ? join(resolve(context.root, dataDir), 'drill') : undefined,
      ),
    ),
  );
  return result;
}

/** Prints what the drill would do. Returns undefined if it did nothing: no credentials, or no confirmation. */
async function inStaging(
  { url, tokenFile, region }: { url: string; tokenFile: string | undefined; region: string },
  context: CliContext,
): Promise<FailOverTimes | undefined> {
  const host = new URL(url).hostname.toLowerCase();
  const plan = failOverPlan(host).map((line, index) => `  ${index + 1}. ${line}\n`);
  context.stderr(`A drill in staging does this:\n${plan.join('')}`);
  const route53 = new Route53({ region });
  const why = await route53.config.credentials().then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (why !== undefined) {
    context.stderr(`Nothing was changed: there are no AWS credentials (${why}). Next: aws sso login\n`);
    return undefined;
  }
  if (!(await askYes(`Invert the health check of ${host} now?`, context))) {
    context.stderr('Nothing was changed: a person has to confirm in a terminal.\n');
    return undefined;
  }
  const { headers } = await serverAt(url, tokenFile, context);
  const { signal } = context;
  const token = headers?.['authorization']?.replace(/^Bearer /, '');
  const resolver = new Resolver();
  return drillFailOver(host, {
    route53,
    resolve: async (name) => resolver.resolve4(name),
    say: async () => sayOnce({ url: new URL(url), appName: 'lornu', signal, ...(token ? { token } : {}) }),
    line: (text) => context.stderr(`  ${text}\n`),
    sleep: async (ms) => Bun.sleep(ms),
    signal,
  });
}

function renderTimes({ detectedMs, recoveredMs, backMs }: FailOverTimes): string {
  const [detected, recovered, back] = [detectedMs, recoveredMs, backMs].map(
    (ms) => `${(ms / 1000).toFixed(0)} s`,
  );
  return `Failure detected after ${detected}, AWS answered after ${recovered}, back to normal after ${back}.\n`;
}
