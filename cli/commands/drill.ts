import { Route53Client } from '@aws-sdk/client-route-53';
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
import { askYes, DATA_DIR_OPTION, inRehearsal, serverAt, serverUrl } from './options.ts';
import { whileServed } from './rehearse-whole.ts';

const HELP = `
Examples:
  ./lornu rehearse apply && ./lornu drill   takes one cloud away after the other, under an open page
  ./lornu drill --history                   the drills that were played here, each with the image's digest
  ./lornu drill --json                      times to detect and to recover, for a program
  ./lornu drill --url https://agent.lornu.ai --token-file token   staging: asks first

With --url it is staging, under its fail-over name. Without credentials of AWS or a yes it says what it would do.

Google's agent dies and the conversation goes on here; AWS dies and it goes on at Google's agent; both come back; Gemini
refuses here and Google's agent answers. The page talks through the fail-over name, which Route 53's rule answers: health
check, three failures, TTL. ${clockOf(REHEARSAL_PACE)}
Without --url it works on what ./lornu rehearse apply made, on this machine alone, as root on Linux. docs/operations.md, "Fail over",
says the same for staging.
Exit codes: 0 it held, 1 it did not, 2 usage, 3 this machine lacks something.
`;

interface Flags {
  history?: boolean;
  url?: string;
  tokenFile?: string;
  region: string;
  dataDir: string;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--history', 'show the drills that were played here')
    .option('--url <url>', 'in staging: the shared name (failover_domain_name)', serverUrl)
    .option('--token-file <file>', 'with --url: a token that may act for users; LORNU_VERIFY_TOKEN else')
    .addOption(
      new Option('--region <name>', 'with --url: region of the account')
        .env('AWS_REGION')
        .default('us-east-1'),
    )
    .option(...DATA_DIR_OPTION)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async ({ history, dataDir, json, url, tokenFile, region }: Flags) => {
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
      const report = await play(dataDir, context);
      await keepDrill(path, report);
      context.stdout(
        json
          ? `${JSON.stringify({ ...report, clock: clockOf(REHEARSAL_PACE) }, null, 2)}\n`
          : renderDrill(report, REHEARSAL_PACE),
      );
      finish(report.holds ? EXIT.ok : EXIT.failed);
    });
}

async function play(dataDir: string, context: CliContext): Promise<DrillReport> {
  const why = await whyNoNamespaces(context.env);
  if (why !== undefined)
    throw new CliError({
      what: 'There is no drill without the applied network.',
      why: `The fail-over name is answered in it alone, and it cannot be built here: ${why}`,
      next: 'Run it as root on Linux; ./lornu doctor says what is missing.',
      exitCode: EXIT.machine,
    });
  const { result } = await inRehearsal(dataDir, context, async (rehearsal) =>
    whileServed(rehearsal, context, { peer: true }, async (standing, served, serving) =>
      drill({ standing, served, context: serving }),
    ),
  );
  return result;
}

/** Undefined if nothing was done: no credentials, or no yes. Either way it says what it would do. */
async function inStaging(
  { url, tokenFile, region }: { url: string; tokenFile: string | undefined; region: string },
  context: CliContext,
): Promise<FailOverTimes | undefined> {
  const host = new URL(url).hostname.toLowerCase();
  const plan = failOverPlan(host).map((line, index) => `  ${index + 1}. ${line}\n`);
  context.stderr(`In staging a drill does this:\n${plan.join('')}`);
  const route53 = new Route53Client({ region });
  const why = await route53.config.credentials().then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (why !== undefined) {
    context.stderr(`Nothing was done: there are no credentials of AWS (${why}). Next: aws sso login\n`);
    return undefined;
  }
  if (!(await askYes(`Invert the health check of ${host} now?`, context))) {
    context.stderr('Nothing was done: it takes a yes in a terminal.\n');
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
  return `Detected after ${detected}, answered by AWS after ${recovered}, back after ${back}.\n`;
}
