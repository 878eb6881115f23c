import { join, relative } from 'node:path';
import type { CliContext } from '../cli/cli-context.ts';
import { z } from 'zod';
import { startChild, type Child } from '../process/child.ts';
import { runSteps, type Step } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { chooseModel } from './model-choice.ts';
import { buildPageIfStale, pageDir } from './page.ts';
import { claimPort } from './port.ts';
import { childEnded, waitForHealth } from './wait-for-health.ts';

/** The service may finish its running turns; a person at the keyboard does not wait for the full drain. */
const SERVICE_STOP_MS = 15_000;
const STANDIN_STOP_MS = 3_000;
const START_MS = 60_000;
/** Bun lets a process carry 256 requests at once unless this is in its environment when it starts. */
const MANY_REQUESTS = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' };

/** The one line with which a stand-in says where it listens. */
const ANNOUNCEMENT = z.object({ url: z.url() });

export interface UpOptions {
  port: number;
  /** From the root of the checkout, or absolute. */
  dataDir: string;
  /** Every log line of the service on stderr, not only warnings and errors. */
  logs: boolean;
}

export interface UpResult {
  url: string;
  /** Which model answers, in words; a stand-in is named as such. */
  model: string;
  standIn: boolean;
  dataDir: string;
  logPath: string;
}

/** Starts everything, calls `ready` once it answers, and stays until Ctrl-C or until one of the programs ends. */
export async function up(
  options: UpOptions,
  context: CliContext,
  emit: Emit,
  ready: (result: UpResult) => void,
): Promise<void> {
  const children: Child[] = [];
  const begin = async (child: Promise<Child>): Promise<Child> => {
    children.push(await child);
    return child;
  };
  try {
    const result = await startAll(options, context, emit, begin);
    ready(result);
    await untilOneEnds(children, context.signal);
  } finally {
    // The service first, while what it depends on still answers.
    for (const child of children.toReversed()) await child.stop();
  }
}

type Begin = (child: Promise<Child>) => Promise<Child>;

async function startAll(
  options: UpOptions,
  context: CliContext,
  emit: Emit,
  begin: Begin,
): Promise<UpResult> {
  const { root, env, redact } = context;
  const dataDir = join(options.dataDir.startsWith('/') ? '' : root, options.dataDir);
  const logs = join(dataDir, 'logs');
  const model = chooseModel(env);
  const serviceEnv: Record<string, string | undefined> = {
    ...env,
    ...MANY_REQUESTS,
    NODE_ENV: 'production',
    LORNU_DATA_DIR: dataDir,
    LORNU_PAGE_DIR: pageDir(root),
  };
  let url = '';

  const steps: Step[] = [
    {
      id: 'port',
      title: options.port === 0 ? 'Find a free port' : `Check that port ${options.port} is free`,
      run: async () => {
        const port = await claimPort(options.port);
        serviceEnv['PORT'] = String(port);
        url = `http://127.0.0.1:${port}`;
      },
    },
    {
      id: 'model',
      title: 'Start the Gemini stand-in',
      ...(model.kind === 'own-stand-in' ? {} : { skip: `${model.label} answers` }),
      run: async () => {
        const announced = Promise.withResolvers<string>();
        const child = await begin(
          startChild({
            name: 'The Gemini stand-in',
            command: [process.execPath, 'ops/standins/gemini/main.ts', '--port', '0', '--until-stdin-ends'],
            cwd: root,
            // It needs nothing of our environment, least of all our keys.
            env: { PATH: env['PATH'], ...MANY_REQUESTS },
            logPath: join(logs, 'gemini-stand-in.log'),
            redact,
            onLine: announced.resolve,
            stopWithinMs: STANDIN_STOP_MS,
          }),
        );
        const ended = child.ended.then((how) => Promise.reject(childEnded(child, how)));
        const line = await Promise.race([announced.promise, ended]);
        ended.catch(() => undefined);
        serviceEnv['GOOGLE_GEMINI_BASE_URL'] = ANNOUNCEMENT.parse(JSON.parse(line)).url;
      },
    },
    {
      id: 'page',
      title: 'Build the chat page',
      run: async ({ line }) => ((await buildPageIfStale(context, line)) ? undefined : 'nothing changed'),
    },
    {
      id: 'service',
      title: 'Start the service',
      run: async () => {
        const child = await begin(
          startChild({
            name: 'The service',
            command: [process.execPath, 'backend/serve.ts'],
            cwd: root,
            env: serviceEnv,
            logPath: join(logs, 'service.log'),
            redact,
            onLine: (line) => (options.logs || isLoud(line)) && emit({ kind: 'note', text: line }),
            stopWithinMs: SERVICE_STOP_MS,
          }),
        );
        await waitForHealth(url, child, START_MS, context.signal);
      },
    },
  ];
  await runSteps(steps, emit);
  return {
    url,
    model: model.label,
    standIn: model.kind !== 'real',
    dataDir: relative(process.cwd(), dataDir) || dataDir,
    logPath: join(logs, 'service.log'),
  };
}

async function untilOneEnds(children: readonly Child[], signal: AbortSignal): Promise<void> {
  const interrupted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
  const ends = children.map(async (child) => ({ child, how: await child.ended }));
  const first = await Promise.race([interrupted, ...ends]);
  if (first && !signal.aborted) throw childEnded(first.child, first.how);
}

/** Warnings, errors, and whatever is not one of the service's JSON lines. */
function isLoud(line: string): boolean {
  return !line.startsWith('{') || /"(level|severity)":\s*"(warn|warning|error)"/i.test(line);
}
