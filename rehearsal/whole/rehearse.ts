import { readFile } from 'node:fs/promises';
import { runSteps } from '@lornu/ops/steps/run-steps.ts';
import { CliError, inOneLine } from '@lornu/ops/base/cli-error.ts';
import { verify, type Verification } from '@lornu/ops/verify/verify.ts';
import { BREAKS } from '../breaks/all-breaks.ts';
import { runBreaks } from '../breaks/run-breaks.ts';
import { chooseTrace } from '../report/render-trace.ts';
import { writeReport } from '../report/render-page.ts';
import type { Report } from '../report/report.ts';
import { apply, type ApplyOptions, type ApplyResult } from '../run/apply.ts';
import { destroy, type DestroyResult } from '../run/destroy.ts';
import { findStanding, type Standing } from '../run/standing.ts';
import { runScenarios, SCENARIOS } from '../scenarios/run-scenarios.ts';
import { refusedTokens, targetOf } from '../scenarios/targets.ts';
import { requirePodman } from '../serve/container-images.ts';
import type { TaskForm } from '../serve/images.ts';
import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { requireTools } from '../serve/require-tools.ts';
import { serve, type ServeContext } from '../serve/serve.ts';
import { sayNetwork } from '../serve/start-applied-vpc.ts';
import type { ServedRehearsal } from '../serve/served.ts';
import { Recorder } from '../report/record.ts';
import { readTerraform } from '../terraform/run-terraform.ts';
import { STACKS } from '../terraform/stacks.ts';
import { toEnvironment, type PicturedEnvironment } from '../picture/environment.ts';

export interface RehearseOptions {
  apply: ApplyOptions;
  /** How long a silent stream is observed, in seconds. */
  waitS: number;
  /** How tasks run. */
  tasks: TaskForm;
  /** Runs the agent of Google Cloud as the service's peer. */
  peer: boolean;
  /** Also runs the scenarios that would make it longer than three minutes. */
  all: boolean;
  /** Also plays the breaks. */
  breaks: boolean;
  /** Folder for the report. */
  reportFolder: string;
  /** Called when everything is checked and still running; the rehearsal waits for its promise. */
  keep?: (served: ServedRehearsal) => Promise<void>;
}

/** The results of one rehearsal; each part is set once it exists. */
interface Gathered {
  applied?: ApplyResult;
  served?: ServedRehearsal;
  verification?: Verification;
  scenarios?: Report['scenarios'];
  destroyed?: DestroyResult;
  environment?: Report['environment'];
  networkPicture?: string;
}

export interface Rehearsed {
  report: Report;
  /** The report's page; undefined if there is none, as after Ctrl-C. */
  reportPath?: string;
  /** The error with which it broke off. */
  failure?: unknown;
}

/**
 * The whole rehearsal: apply, serve, verify, deploy, destroy. If a part fails, the rest is stopped and removed, and the
 * report shows how far it got. A failed check stops nothing: the report shows it, and `holds` is false.
 */
export async function rehearse(options: RehearseOptions, given: ServeContext): Promise<Rehearsed> {
  await refuseStanding(given);
  const whyLoopback = await whyNoNamespaces(given.env);
  // Not after minutes of applying.
  await requireTools(given, whyLoopback === undefined);
  if (options.tasks === 'image') await requirePodman(given.env);
  const record = new Recorder(given.emit);
  const context = { ...given, emit: record.emit };
  await runSteps([sayNetwork(whyLoopback)], context.emit);
  const logs = new LogTail(given.redact);
  const beganMs = Date.now();
  const gathered: Gathered = {};
  let failure: unknown;
  try {
    await playParts(options, context, record, logs, gathered);
  } catch (error) {
    failure = error;
    await gathered.served?.stop().catch(() => undefined);
    await removeAll(gathered.applied?.standing);
  }
  const report = toReport(gathered, record, logs, beganMs, given, failure);
  // An interrupted rehearsal has no result.
  const isInterrupted = given.signal.aborted && gathered.scenarios === undefined;
  return {
    report,
    ...(isInterrupted ? {} : { reportPath: await writeReport(report, options.reportFolder) }),
    ...(failure === undefined ? {} : { failure }),
  };
}

async function playParts(
  options: RehearseOptions,
  context: ServeContext,
  record: Recorder,
  logs: LogTail,
  gathered: Gathered,
): Promise<void> {
  const applied = await record.phase('apply', async () =>
    apply({ ...options.apply, endsWithUs: true }, context),
  );
  const { standing } = applied;
  gathered.applied = applied;
  gathered.environment = await readEnvironment(applied);
  gathered.networkPicture = await readFile(applied.picturePath, 'utf8');
  const served = await record.phase('serve', async () =>
    serve(standing, { tasks: options.tasks, peer: options.peer }, context),
  );
  gathered.served = served;
  served.onLine((task, line) => logs.add(task.id, line));
  gathered.verification = await record.phase('verify', async () =>
    verifyServed(standing, served, options.waitS, context),
  );
  const scenarios = SCENARIOS.filter(({ isExtra = false }) => options.all || !isExtra);
  gathered.scenarios = await record.phase('deploy', async () =>
    runScenarios({ standing, served, context }, scenarios),
  );
  if (options.breaks) {
    const others = BREAKS.filter(({ id }) => !scenarios.some((one) => one.id === id));
    const played = await record.phase('break', async () => runBreaks({ standing, served, context }, others));
    gathered.scenarios.push(...played);
  }
  if (options.keep) await options.keep(served);
  if (context.signal.aborted) {
    // A kept rehearsal is ended by Ctrl-C, when nobody waits for a destroy.
    await served.stop();
    await removeAll(standing);
    return;
  }
  gathered.destroyed = await record.phase('destroy', async () => {
    await served.stop();
    return destroy(context, { untouched: true });
  });
}

/** The checks of `lornu verify`, with the account and with more invalid tokens than anyone outside can have. */
export async function verifyServed(
  { clients }: Standing,
  served: ServedRehearsal,
  waitS: number,
  { signal, emit }: ServeContext,
): Promise<Verification> {
  const target = { ...(await targetOf(served, signal)), refusedTokens: await refusedTokens(served) };
  const { cluster, service } = served.applied;
  const account = { ecs: clients.ecs, elb: clients.elb, cluster, service };
  const options = {
    target,
    account,
    waitS,
    isRehearsal: true,
    hasPeer: served.peerUrl !== undefined,
    geminiCallers: served.vpc && (async () => served.vpc?.callersOf('gemini') ?? []),
  };
  return Promise.race([verify(options, emit), served.failed]);
}

async function refuseStanding(context: ServeContext): Promise<void> {
  if (!(await findStanding(context))) return;
  throw new CliError({
    what: 'A rehearsal is already running here.',
    why: `It was applied in ${context.folder}; a new rehearsal starts with an empty account.`,
    next: './lornu rehearse destroy, or another folder with --data-dir.',
  });
}

/** The account is only in memory: without the emulator nothing of it is left. */
async function removeAll(standing: Standing | undefined): Promise<void> {
  await standing?.emulator.stop();
  await standing?.workspace.remove();
}

function toReport(
  { applied, served, verification, scenarios, destroyed, environment, networkPicture = '' }: Gathered,
  record: Recorder,
  logs: LogTail,
  beganMs: number,
  given: ServeContext,
  failure: unknown,
): Report {
  const results = [...(verification?.checks ?? []), ...(scenarios ?? [])];
  return {
    beganMs,
    elapsedMs: Date.now() - beganMs,
    holds:
      failure === undefined &&
      (destroyed !== undefined || given.signal.aborted) &&
      results.every(({ outcome }) => outcome !== 'failed'),
    ...(failure === undefined ? {} : { failure: given.redact(inOneLine(failure)) }),
    phases: record.phases,
    ...(applied
      ? {
          applied: {
            provider: `${applied.provider.version}: ${applied.provider.title}`,
            stacks: applied.stacks.map(({ name, summary }) => ({ name, summary })),
            statements: applied.statements,
            networkPicture,
          },
        }
      : {}),
    ...(environment ? { environment } : {}),
    ...(served
      ? {
          served: { url: served.publicUrl, runs: served.runs, addedVariables: served.addedVariables },
          events: [...served.events()],
          trace: chooseTrace(served.google.cloudTrace.spans),
        }
      : { events: [] }),
    ...(verification ? { verification } : {}),
    scenarios: scenarios ?? [],
    ...(destroyed
      ? {
          destroyed: {
            resources: destroyed.resources,
            keptByAws: destroyed.keptByAws,
            permissions: destroyed.permissions,
          },
        }
      : {}),
    logs: logs.tails(),
  };
}

/** Lines of a task that the report contains. */
const KEPT = 200;

/** The last lines of each task, masked on arrival. */
export class LogTail {
  readonly #lines = new Map<string, string[]>();
  readonly #redact: (text: string) => string;

  constructor(redact: (text: string) => string) {
    this.#redact = redact;
  }

  add(taskId: string, line: string): void {
    const lines = this.#lines.get(taskId) ?? [];
    this.#lines.set(taskId, lines);
    lines.push(this.#redact(line));
    if (lines.length > KEPT) lines.shift();
  }

  /** By task. */
  tails(): Record<string, string[]> {
    return Object.fromEntries(this.#lines);
  }
}

/** The environment in Terraform's states, which the second plan has just compared with the account. */
export async function readEnvironment({ standing }: ApplyResult): Promise<PicturedEnvironment> {
  const states = await Promise.all(
    STACKS.map(async ({ name }) =>
      readTerraform(['state', 'pull'], standing.workspace.stackFolder(name), standing.terraform),
    ),
  );
  return toEnvironment(states);
}
