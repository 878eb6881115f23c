import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import type { ExitCode } from '@lornu/ops/base/cli-error.ts';

/**
 * One command: a file in cli/commands/ that exports `define`. Call `finish` with the exit code; an action that throws
 * CliError need not call it.
 */
export interface CommandModule {
  define: (command: Command, context: CliContext, finish: (code: ExitCode) => void) => void;
}

export interface CommandRow {
  name: string;
  /** A short description for the list in `lornu --help`. */
  summary: string;
  load: () => Promise<CommandModule>;
}

const row = (name: string, summary: string, load: CommandRow['load']): CommandRow => ({
  name,
  summary,
  load,
});

/** Every command; its module is only loaded when the command is used. */
export const COMMANDS: readonly CommandRow[] = [
  row('up', 'run the agent and its chat page on this machine', () => import('./commands/up.ts')),
  row('test', 'install what the tests need and run them', () => import('./commands/test.ts')),
  row(
    'bench',
    'measure the service beside FastAPI/ADK and a bare pass-through',
    () => import('./commands/bench.ts'),
  ),
  row(
    'eval',
    "evaluate agents with google-adk's eval sets, on any server with ADK's API",
    () => import('./commands/eval.ts'),
  ),
  row(
    'record',
    'save conversations as files for replay, without personal data',
    () => import('./commands/record.ts'),
  ),
  row(
    'replay',
    'send recorded conversations to a candidate and report what changed',
    () => import('./commands/replay.ts'),
  ),
  row(
    'doctor',
    'show what is installed on this machine and what is missing',
    () => import('./commands/doctor.ts'),
  ),
  row('image', 'build, run, scan and measure the container images', () => import('./commands/image.ts')),
  row(
    'rehearse',
    'apply the AWS environment on this machine, without a cloud account',
    () => import('./commands/rehearse.ts'),
  ),
  row(
    'drill',
    'stop one cloud after the other and check that the conversation continues',
    () => import('./commands/drill.ts'),
  ),
  row(
    'conformance',
    'compare the rehearsal with what AWS documents, check by check, or record AWS',
    () => import('./commands/conformance.ts'),
  ),
  row(
    'verify',
    'check a deployed environment, from outside and inside',
    () => import('./commands/verify.ts'),
  ),
  row('runs', 'list the running turns, stop some, refuse new ones', () => import('./commands/runs.ts')),
  row('setup', 'prepare the first deployment of staging, step by step', () => import('./commands/setup.ts')),
  row(
    'plan',
    'plan terraform/aws/staging, scan the plan, post its summary',
    () => import('./commands/plan.ts'),
  ),
  row('apply', 'apply exactly the approved plan', () => import('./commands/apply.ts')),
  row(
    'deploy',
    'wait until the load balancer serves the applied revision',
    () => import('./commands/deploy.ts'),
  ),
  row('rollback', 'return to an earlier image', () => import('./commands/rollback.ts')),
  row('drift', 'compare AWS with what was applied', () => import('./commands/drift.ts')),
  row('cost', 'estimate the cost of a plan', () => import('./commands/cost.ts')),
  row(
    'secrets',
    "set the staging environment's secrets without displaying them",
    () => import('./commands/secrets.ts'),
  ),
];
