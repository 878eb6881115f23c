import { delimiter, join } from 'node:path';
import type { CliContext } from '../cli/cli-context.ts';
import { ensureTools } from '../setup/ensure-tools.ts';
import { syncPython } from '../setup/sync-python.ts';
import { runStep } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import type { Suite } from './suite.ts';

/** The service's own variables and clouds' credentials: a test never sees the person's, and so never calls a real cloud. */
const CONFIGURATION = /^(PORT$|(LORNU|GEMINI|GOOGLE|GCLOUD|FIRESTORE|ARTIFACT|STORAGE|ADK|AWS|OTEL|TF|TFC)_)/;

/** The environment without any configuration of the service or of a cloud. */
export function withoutConfiguration(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !CONFIGURATION.test(name)));
}

/** Gets the tools that these suites need, and Python's packages where one needs Python; gives back the environment to run them in. */
export async function prepare(
  suites: readonly Suite[],
  context: CliContext,
  emit: Emit,
): Promise<Record<string, string | undefined>> {
  const needs = new Set(suites.flatMap((suite) => suite.needs ?? []));
  const toolDirs = await ensureTools([...needs], context, emit);
  const env = {
    ...withoutConfiguration(context.env),
    PATH: [...toolDirs, join(context.root, 'node_modules/.bin'), context.env['PATH']].join(delimiter),
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
  };
  if (needs.has('python')) {
    const title = "Install gcp-agent's locked packages";
    await runStep(
      { id: 'python-packages', title, run: ({ line }) => syncPython({ ...context, env }, line) },
      emit,
    );
  }
  return env;
}
