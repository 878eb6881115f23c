import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { CliError } from '../../base/cli-error.ts';
import { tryCommand, type CommandResult } from '../../process/run-command.ts';
import { ensureTools } from '../../setup/ensure-tools.ts';
import { TOOLS } from '../../setup/tools.ts';
import { runSteps, type Step } from '../../steps/run-steps.ts';
import { fileOf, STACK, type DeliveryContext } from '../delivery-context.ts';
import { PLAN_RECORD, readRecord, type Scanner, type ScanRecord } from '../manifest.ts';
import { objections, readCheckov, readTfsec, readTrivy } from './scanners.ts';

const SCAN_MS = 5 * 60_000;
/** The scanners that the pipeline requires. On a laptop trivy may be missing; the summary says so. */
export const REQUIRED = ['trivy', 'tfsec', 'checkov'] as const;
/** Lowest severity that trivy reports; tfsec and checkov judge lower ones, with their skips in the files. */
const TRIVY_SEVERITIES = 'HIGH,CRITICAL';

/** Whether this runs in the pipeline, where every scanner is required. */
export function isPipeline(env: DeliveryContext['env']): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

/**
 * Scans the plan of the delivery folder with trivy and checkov, and the files it was made from with tfsec. Writes the
 * result beside it, bound to the plan file's digest. Throws CliError for a finding or for a scanner that checked
 * nothing.
 */
export async function scanPlan(context: DeliveryContext): Promise<ScanRecord> {
  const record = await readRecord(context, 'record', PLAN_RECORD, './lornu plan');
  const bytes = await readFile(fileOf(context, 'plan')).catch(() => new Uint8Array());
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== record.plan.sha256) {
    throw new CliError({
      what: 'The plan was not scanned.',
      why: 'The plan file was changed after it was written: its digest differs.',
      next: './lornu plan',
    });
  }
  const toolDirs = await ensureTools(['python', 'uv', 'tfsec'], context, context.emit);
  const env = { ...context.env, PATH: [...toolDirs, context.env['PATH']].join(delimiter), NO_COLOR: '1' };
  const result: ScanRecord = { planSha256: sha256, scanners: [], absent: [] };
  const planJson = fileOf(context, 'planJson');

  const scanner = (
    tool: string,
    target: Scanner['target'],
    command: readonly string[],
    read: (text: string) => Pick<Scanner, 'checked' | 'findings'>,
    version: () => Promise<string>,
  ): Step => ({
    id: `scan-${tool}`,
    title: `Scan the ${target} (${tool})`,
    run: async ({ line }) => {
      if (!Bun.which(command[0] ?? tool, { PATH: env.PATH })) {
        result.absent.push(tool);
        return 'not installed here: the pipeline looks with it';
      }
      const options = { cwd: context.root, env, signal: context.signal, timeoutMs: SCAN_MS };
      const done = await tryCommand(command, options);
      context.signal.throwIfAborted();
      const parts = readReport(tool, done, read, line);
      result.scanners.push({ tool, version: await version(), target, ...parts });
      return `${parts.checked} checked, ${parts.findings.length} findings`;
    },
  });
  const words = async (command: readonly string[]): Promise<string> =>
    /\d+(?:\.\d+)+/.exec((await tryCommand(command, { env })).stdout)?.[0] ?? 'unknown';

  await runSteps(
    [
      scanner(
        'trivy',
        'plan',
        [
          'trivy',
          'config',
          '--quiet',
          '--format',
          'json',
          '--include-non-failures',
          '--severity',
          TRIVY_SEVERITIES,
          '--ignorefile',
          '.trivyignore.yaml',
          planJson,
        ],
        readTrivy,
        async () => words(['trivy', '--version']),
      ),
      scanner(
        'tfsec',
        'files',
        ['tfsec', STACK, '--no-color', '--format', 'json', '--include-passed', '--soft-fail'],
        readTfsec,
        async () => TOOLS.tfsec.pinned,
      ),
      scanner(
        'checkov',
        'plan',
        `uv run --quiet --frozen --project terraform/checks checkov --file ${planJson} --framework terraform_plan --repo-root-for-plan-enrichment ${STACK} --output json --quiet --skip-download --soft-fail`.split(
          ' ',
        ),
        readCheckov,
        async () => checkovVersion(context.root),
      ),
    ],
    context.emit,
  );
  await writeFile(fileOf(context, 'scan'), JSON.stringify(result, null, 2));
  const against = objections(result.scanners, result.absent, isPipeline(context.env) ? REQUIRED : []);
  if (against.length > 0) {
    throw new CliError({
      what: 'The scan blocks the plan.',
      why: against.join(' '),
      next: 'Fix what was found. If a finding is intended, add a skip with its reason next to the resource (trivy: .trivyignore.yaml).',
      output: result.scanners.flatMap(({ tool, findings }) =>
        findings.map(
          ({ id, severity, resource, title }) => `${tool} ${severity} ${id} ${resource}: ${title}`,
        ),
      ),
    });
  }
  return result;
}

function readReport(
  tool: string,
  done: CommandResult,
  read: (text: string) => Pick<Scanner, 'checked' | 'findings'>,
  line: (text: string) => void,
): Pick<Scanner, 'checked' | 'findings'> {
  try {
    return read(done.stdout);
  } catch (cause) {
    for (const said of done.tail) line(said);
    throw new CliError({
      what: `${tool} did not scan.`,
      why: `It did not print a report: ${done.tail.at(-1) ?? 'nothing'}.`,
      next: 'Read its output above. A plan that was not scanned is not applied.',
      output: done.tail,
      cause,
    });
  }
}

async function checkovVersion(root: string): Promise<string> {
  const text = await readFile(join(root, 'terraform/checks/pyproject.toml'), 'utf8');
  return /checkov==([\d.]+)/.exec(text)?.[1] ?? 'unknown';
}
