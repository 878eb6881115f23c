import { ECSClient } from '@aws-sdk/client-ecs';
import { CliError } from '../../base/cli-error.ts';
import type { Step, StepIo } from '../../steps/run-steps.ts';
import { runSteps } from '../../steps/run-steps.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { askVersion, type VersionSource } from './ask-version.ts';
import { AGREEING_ANSWERS, judge, type Judgement, type Served } from './judge.ts';
import { readOutputs, type StackOutputs } from './outputs.ts';
import { lookAtService, stoppedReasons, type ServiceView } from './service-view.ts';

export interface WaitOptions extends Omit<VersionSource, 'url'> {
  revision: string;
  /** Longest wait; a good deploy drains streams for minutes. */
  timeoutMs: number;
  /** Between two looks. */
  intervalMs: number;
}

export interface ServedResult {
  url: string;
  revision: string;
  seconds: number;
}

/** Waits until the load balancer serves the revision; a rollback by ECS or the end of the wait is a CliError with the reason. */
export async function waitUntilServed(options: WaitOptions, context: DeliveryContext): Promise<ServedResult> {
  const began = Date.now();
  const made: { outputs?: StackOutputs } = {};
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
        await watch(options, made.outputs, context, io);
        return made.outputs.url;
      },
    },
  ];
  await runSteps(steps, context.emit);
  const url = made.outputs?.url ?? '';
  return { url, revision: options.revision, seconds: Math.round((Date.now() - began) / 1000) };
}

async function watch(
  options: WaitOptions,
  outputs: StackOutputs,
  context: DeliveryContext,
  io: StepIo,
): Promise<void> {
  const ecs = new ECSClient();
  const { cluster, service, taskDefinition, url } = outputs;
  const deadline = Date.now() + options.timeoutMs;
  let said = '';
  for (;;) {
    context.signal.throwIfAborted();
    const view = await lookAtService(ecs, cluster, service);
    // While the rollout goes on one answer tells where it stands; once it is complete, all of them have to agree.
    const isComplete = view.deployments.some(
      (deployment) => deployment.taskDefinition === taskDefinition && deployment.state === 'COMPLETED',
    );
    const answers: Served[] = [];
    for (let index = 0; index < (isComplete ? AGREEING_ANSWERS : 1); index += 1) {
      answers.push(await askVersion({ ...options, url }, context.signal));
    }
    const judgement = judge({ taskDefinition, revision: options.revision }, view, answers);
    if (judgement.kind === 'served') return;
    if (judgement.kind === 'rolled-back' || Date.now() > deadline) {
      throw await notServed(judgement, view, options, {
        reasons: () => stoppedReasons(ecs, cluster, service),
      });
    }
    if (judgement.what !== said) io.line((said = judgement.what));
    await Bun.sleep(options.intervalMs);
  }
}

async function notServed(
  judgement: Exclude<Judgement, { kind: 'served' }>,
  view: ServiceView,
  { revision, timeoutMs }: WaitOptions,
  { reasons }: { reasons: () => Promise<string[]> },
): Promise<CliError> {
  const output = [...(await reasons()).slice(0, 5), ...view.events.slice(0, 5)];
  return judgement.kind === 'rolled-back'
    ? new CliError({
        what: `${revision} is not served: ECS rolled it back.`,
        why: judgement.reason,
        next: 'Read the reasons above and the log group (docs/operations.md, "Debug a task"), mend it, deploy again. ./lornu rollback --automatic brings Terraform in line with what runs.',
        output,
      })
    : new CliError({
        what: `${revision} is not served after ${Math.round(timeoutMs / 60_000)} min.`,
        why: `The last look: ${judgement.what}.`,
        next: 'Look at the service (docs/operations.md, "Debug a task"); ./lornu deploy waits on, ./lornu rollback REVISION goes back.',
        output,
      });
}
