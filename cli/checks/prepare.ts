import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { buildService } from '@lornu/backend/build.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { prepareRehearsal } from '@lornu/rehearsal/run/prepare-rehearsal.ts';
import { ensureTools } from '@lornu/ops/setup/ensure-tools.ts';
import { SYSTEM_DIRS } from '@lornu/ops/setup/find-tool.ts';
import { syncPython } from '@lornu/ops/setup/sync-python.ts';
import { SERVICE_PROGRAM } from '@lornu/ops/servers/agent-servers.ts';
import { runStep, type Step } from '@lornu/ops/steps/run-steps.ts';
import type { Emit } from '@lornu/ops/steps/step-events.ts';
import { buildPageIfStale } from '@lornu/ops/up/page.ts';
import type { ToolName } from '@lornu/ops/setup/tools.ts';
import type { Suite } from './suite.ts';

/** The service's own variables and cloud credentials: tests never see the person's, so they never call a real cloud. */
const CONFIGURATION = /^(PORT$|(LORNU|GEMINI|GOOGLE|GCLOUD|FIRESTORE|ARTIFACT|STORAGE|ADK|AWS|OTEL|TF|TFC)_)/;

/** The environment without any configuration of the service or of a cloud. */
export function withoutConfiguration(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !CONFIGURATION.test(name)));
}

export interface Prepared {
  /** Environment of the suites. */
  env: Record<string, string | undefined>;
  /** Tools that are not available, each with what to do about it. */
  unmet: ReadonlyMap<ToolName, string>;
}

/**
 * Installs the tools that these suites need, and the Python packages if one needs them. Unavailable ones are returned,
 * not thrown.
 */
export async function prepare(suites: readonly Suite[], context: CliContext, emit: Emit): Promise<Prepared> {
  const needs = [...new Set(suites.flatMap((suite) => suite.needs ?? []))];
  const { toolDirs, unmet } = await getTools(needs, context, emit);
  const env = {
    ...withoutConfiguration(context.env),
    // Suites may call bun, which need not be on the machine's PATH.
    PATH: [
      ...toolDirs,
      dirname(process.execPath),
      join(context.root, 'node_modules/.bin'),
      context.env['PATH'],
      ...SYSTEM_DIRS,
    ].join(delimiter),
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
  };
  if (needs.includes('python') && !unmet.has('python') && !unmet.has('uv')) {
    const title = "Install gcp-agent's locked packages";
    const run: Step['run'] = ({ line }) => syncPython({ ...context, env }, line);
    await runStep({ id: 'python-packages', title, run }, emit).catch((error: unknown) =>
      unmet.set('python', inWords(error)),
    );
  }
  if (suites.some((suite) => suite.page)) {
    const run: Step['run'] = async ({ line }) => void (await buildPageIfStale({ ...context, env }, line));
    await runStep({ id: 'page', title: 'Build the chat page', run }, emit).catch(inWords);
  }
  if (suites.some((suite) => suite.rehearses)) {
    // Show the problem here; the suite that needs it fails with the same message.
    await prepareRehearsal({ ...context, env }, emit).catch(inWords);
  }
  const starts = suites.some(({ run }) => run.some((path) => path.startsWith('./tests/')));
  const program = starts ? await bundle(context.root, emit) : undefined;
  return { env: { ...env, [SERVICE_PROGRAM]: program }, unmet };
}

/**
 * The service as the image runs it: a start takes half the CPU time of one from source, and the suites start hundreds.
 * From source where it cannot be bundled; the folder goes with this process.
 */
async function bundle(root: string, emit: Emit): Promise<string | undefined> {
  const outDir = await mkdtemp(join(tmpdir(), 'lornu-service-'));
  process.once('exit', () => rmSync(outDir, { recursive: true, force: true }));
  const run = async (): Promise<void> => buildService({ root, outDir });
  return runStep({ id: 'service', title: 'Bundle the service', run }, emit).then(
    () => join(outDir, 'serve.js'),
    () => undefined,
  );
}

async function getTools(needs: readonly ToolName[], context: CliContext, emit: Emit) {
  const unmet = new Map<ToolName, string>();
  try {
    return { toolDirs: await ensureTools(needs, context, emit), unmet };
  } catch {
    // Installing together is faster; one by one shows which is unavailable, and installs the others.
    const toolDirs: string[] = [];
    for (const name of needs) {
      try {
        toolDirs.push(...(await ensureTools([name], context, emit)));
      } catch (error) {
        unmet.set(name, inWords(error));
      }
    }
    return { toolDirs, unmet };
  }
}

/** A CliError in one line; rethrows anything else, as it is a bug. */
function inWords(error: unknown): string {
  if (error instanceof CliError) return `${error.parts.what} ${error.parts.why} Next: ${error.parts.next}`;
  throw error;
}
