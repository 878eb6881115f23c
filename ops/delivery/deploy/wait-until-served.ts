import { ECS } from '@aws-sdk/client-ecs';
import { setTimeout as wait } from 'node:timers/promises';
import { CliError, EXIT } from '../../base/cli-error.ts';
import type { Step, StepIo } from '../../steps/run-steps.ts';
import { runSteps } from '../../steps/run-steps.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { askVersion, type VersionSource } from './ask-version.ts';
import { AGREEING_ANSWERS, judge, type Judgement, type ServedAnswer } from './judge.ts';
import { readOutputs, type StackOutputs } from './outputs.ts';
import { lookAtService, startNewDeployment, stoppedReasons, type ServiceView } from './service-view.ts';

export interface WaitOptions extends Omit<VersionSource, 'url'> {
  revision: string;
  /** Longest wait without a change of the service; even a good deploy drains streams for minutes. */
  stalledMs: number;
  /** Longest wait in total. */
  timeoutMs: number;
  /** Between two polls. */
  intervalMs: number;
  /**
   * When to start a new deployment first: always, or if the service's last one failed and nothing would start another
   * (the circuit breaker stalls a service whose first deployment failed).
   */
  newDeployment: 'always' | 'after a failed one' | 'never';
}

export interface ServedResult {
  url: string;
  revision: string;
  seconds: number;
}

/**
 * Waits until the load balancer serves the revision. Throws CliError, with the reason, if ECS rolls back or the wait
 * ends, also by an interruption.
 */
export async function waitUntilServed(options: WaitOptions, context: DeliveryContext): Promise<ServedResult> {
  const began = Date.now();
  const made: { outputs?: StackOutputs } = {};
  const seen: Seen = {};
  const steps: Step[] = [
    {
      id: 'outputs',
      title: 'Read what was applied',
      run: async (io) => {
        made.outputs = await readOutputs(context, io);
        return made.outputs.taskDefinition.split('/').at(-1) ?? '';
      },
    },
    {
      id: 'served',
      title: `Wait until ${options.revision} is served`,
      run: async (io) => {
        if (!made.outputs) throw new Error('the outputs have not been read');
        const begun = await watch(options, made.outputs, seen, context, io);
        return [made.outputs.url, begun].filter(Boolean).join(', ');
      },
    },
  ];
  await runSteps(steps, context.emit).catch((error: unknown) => {
    throw context.signal.aborted ? interrupted(options.revision, seen) : error;
  });
  const url = made.outputs?.url ?? '';
  return { url, revision: options.revision, seconds: Math.round((Date.now() - began) / 1000) };
}

/** What a wait has done and seen so far. */
interface Seen {
  /** Set as soon as a new deployment is asked for. */
  begun?: string;
  state?: string;
}

/** Returns a sentence about the deployment that it started, or nothing if ECS had already started one. */
async function watch(
  options: WaitOptions,
  outputs: StackOutputs,
  seen: Seen,
  context: DeliveryContext,
  io: StepIo,
): Promise<string | undefined> {
  const ecs = new ECS();
  const { cluster, service, taskDefinition, url } = outputs;
  const beganMs = Date.now();
  await startAnew(options, outputs, seen, ecs);
  if (seen.begun) io.line(seen.begun);
  for (;;) {
    context.signal.throwIfAborted();
    const view = await lookAtService(ecs, cluster, service);
    // One response is enough to follow a running rollout; once it is complete, all of them must agree.
    const isComplete = view.deployments.some(
      (deployment) => deployment.taskDefinition === taskDefinition && deployment.state === 'COMPLETED',
    );
    const answers: ServedAnswer[] = [];
    for (let index = 0; index < (isComplete ? AGREEING_ANSWERS : 1); index += 1) {
      answers.push(await askVersion({ ...options, url }, context.signal));
    }
    const judgement = judge({ taskDefinition, revision: options.revision }, view, answers);
    if (judgement.kind === 'served') return seen.begun;
    const gaveUp = judgement.kind === 'wait' ? tooLong(options, beganMs, view, Date.now()) : undefined;
    if (judgement.kind !== 'wait' || gaveUp) {
      throw await notServed(judgement, view, options.revision, gaveUp ?? '', {
        reasons: () => stoppedReasons(ecs, cluster, service),
      });
    }
    if (judgement.what !== seen.state) io.line((seen.state = judgement.what));
    await wait(options.intervalMs, undefined, { signal: context.signal });
  }
}

/** Starts a new deployment if none would start by itself. */
async function startAnew(
  { newDeployment }: WaitOptions,
  { cluster, service, taskDefinition }: StackOutputs,
  seen: Seen,
  ecs: ECS,
): Promise<void> {
  if (newDeployment === 'never') return;
  let begun = 'by a new deployment';
  if (newDeployment === 'after a failed one') {
    const { deployments } = await lookAtService(ecs, cluster, service);
    const primary = deployments.find(({ isPrimary }) => isPrimary);
    if (primary?.state !== 'FAILED' || primary.taskDefinition !== taskDefinition) return;
    begun += `: the last one had failed (${primary.reason})`;
  }
  seen.begun = begun;
  await startNewDeployment(ecs, cluster, service);
}

/** Why the wait ends. ECS's own timestamps say when something last changed, even before the wait began. */
export function tooLong(
  { stalledMs, timeoutMs }: Pick<WaitOptions, 'stalledMs' | 'timeoutMs'>,
  beganMs: number,
  { changedMs }: Pick<ServiceView, 'changedMs'>,
  nowMs: number,
): string | undefined {
  if (nowMs - beganMs > timeoutMs) return `after ${minutes(timeoutMs)} min`;
  return nowMs - Math.max(beganMs, changedMs) > stalledMs
    ? `and ECS has noted no change for ${minutes(stalledMs)} min`
    : undefined;
}

function minutes(milliseconds: number): number {
  return Math.round(milliseconds / 60_000);
}

function interrupted(revision: string, { begun, state }: Seen): CliError {
  return new CliError({
    what: `The wait for ${revision} was interrupted. A deployment that has begun at ECS goes on without it.`,
    why: [
      begun ? 'A new deployment was asked for.' : 'The wait itself changed nothing.',
      ...(state ? [`Last seen: ${state}.`] : []),
    ].join(' '),
    next: `./lornu deploy --revision ${revision} waits for it again, ./lornu rollback REVISION goes back.`,
    exitCode: EXIT.interrupted,
  });
}

async function notServed(
  judgement: Exclude<Judgement, { kind: 'served' }>,
  view: ServiceView,
  revision: string,
  gaveUp: string,
  { reasons }: { reasons: () => Promise<string[]> },
): Promise<CliError> {
  const output = [...(await reasons()).slice(0, 5), ...view.events.slice(0, 5)];
  switch (judgement.kind) {
    case 'rolled-back':
      return new CliError({
        what: `${revision} is not served: ECS rolled it back.`,
        why: judgement.reason,
        next: 'Read the reasons above and the log group (docs/operations.md, "Debug a task"), fix it, deploy again. ./lornu rollback --automatic makes Terraform agree with what runs.',
        output,
      });
    case 'stalled':
      return new CliError({
        what: `${revision} is not served: its deployment failed, and there is no earlier one to go back to.`,
        why: judgement.reason,
        next: 'Fix the cause (an empty secret: ./lornu secrets set NAME), then start the workflow again, or ./lornu deploy --force-new-deployment: ECS starts no more tasks on its own.',
        output,
      });
    case 'wait':
      return new CliError({
        what: `${revision} is not served ${gaveUp}.`,
        why: `Last seen: ${judgement.what}.`,
        next: 'Look at the service (docs/operations.md, "Debug a task"); ./lornu deploy keeps waiting, ./lornu rollback REVISION goes back.',
        output,
      });
  }
}
