import type { Deployment } from '@aws-sdk/client-ecs';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import type { StepIo } from '@lornu/ops/steps/run-steps.ts';
import { terraformAs } from '../run/terraform-as.ts';
import { readTerraform, runTerraform } from '../terraform/run-terraform.ts';
import type { Stage } from './scenario.ts';

/** How a deploy ended, according to ECS. */
export interface RollOut {
  outcome: 'completed' | 'rolled back';
  taskDefinition: string;
  /** Milliseconds since the start of the apply. */
  elapsedMs: number;
  reason?: string;
}

/** The outcome, the reason, and the duration. */
export function describeRollOut({ outcome, reason, elapsedMs }: RollOut): string {
  return `${outcome}${reason ? ` (${reason})` : ''} after ${(elapsedMs / 1000).toFixed(0)} s`;
}

const LOOK_MS = 200;
const LONGEST_MS = 5 * 60_000;

/**
 * Applies another image like a deploy, through Terraform with other values of two variables, and waits until ECS
 * reports the rollout as completed or has returned to the earlier one. Only the plan's refresh is left out, because
 * nothing else has changed. `onBegun` is awaited once ECS knows the new task definition.
 */
export async function rollOut(
  { standing, served, context }: Stage,
  image: { digest: string; revision: string },
  io: StepIo,
  onBegun: () => Promise<void> = async () => {},
): Promise<RollOut> {
  const beganMs = performance.now();
  const folder = standing.workspace.stackFolder('staging');
  await runTerraform(
    [
      'apply',
      '-auto-approve',
      '-refresh=false',
      ...standing.record.variableArguments,
      `-var=image_digest=${image.digest}`,
      `-var=revision=${image.revision}`,
    ],
    folder,
    await terraformAs(standing, 'staging', 'apply'),
    io,
    { what: 'terraform apply of another image failed.' },
  );
  const outputs = (await readTerraform(['output', '-json'], folder, standing.terraform)) as Record<
    string,
    { value: unknown }
  >;
  const taskDefinition = String(outputs['task_definition_arn']?.value);
  await onBegun();
  return untilRolledOut({ standing, served, context }, taskDefinition, beganMs);
}

/** Waits until ECS reports this task definition as completed, or has returned to the earlier one. */
export async function untilRolledOut(
  { standing, served, context }: Stage,
  taskDefinition: string,
  beganMs: number,
): Promise<RollOut> {
  let failed: string | undefined;
  const { cluster, service } = served.applied;
  const deadline = performance.now() + LONGEST_MS;
  while (performance.now() < deadline) {
    context.signal.throwIfAborted();
    const answer = await standing.clients.ecs.describeServices({ cluster, services: [service] });
    const deployments = answer.services?.[0]?.deployments ?? [];
    // ECS forgets the failed deployment, and its reason, once the rollback is done.
    failed = deployments.find((one) => one.rolloutState === 'FAILED')?.rolloutStateReason ?? failed;
    const outcome = judgeRollOut(deployments, taskDefinition);
    if (outcome) {
      const reason = outcome === 'rolled back' ? failed : undefined;
      const elapsedMs = performance.now() - beganMs;
      return { outcome, taskDefinition, elapsedMs, ...(reason ? { reason } : {}) };
    }
    await Promise.race([Bun.sleep(LOOK_MS), served.failed]);
  }
  throw new CliError({
    what: 'The deploy did not finish.',
    why: `ECS reported neither success nor failure within ${LONGEST_MS / 60_000} min.`,
    next: 'Look at the events of the service and at the logs of its tasks: ./lornu rehearse --keep.',
  });
}

/** A service that is steady on another task definition than the wanted one is no success, even if it is healthy. */
export function judgeRollOut(
  deployments: readonly Pick<Deployment, 'status' | 'taskDefinition' | 'rolloutState'>[],
  wanted: string,
): RollOut['outcome'] | undefined {
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  if (primary?.rolloutState !== 'COMPLETED') return undefined;
  return primary.taskDefinition === wanted ? 'completed' : 'rolled back';
}
