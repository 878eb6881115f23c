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

/** Every command; its module is only loaded when the command is used. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'up',
    summary: 'start the agent and its chat page on this machine',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'test',
    summary: 'set up what the tests need and run them',
    load: () => import('./commands/test.ts'),
  },
  {
    name: 'bench',
    summary: 'measure the service beside FastAPI/ADK and a bare pass-through',
    load: () => import('./commands/bench.ts'),
  },
  {
    name: 'eval',
    summary: "evaluate agents by google-adk's eval sets, on any server of ADK's API",
    load: () => import('./commands/eval.ts'),
  },
  {
    name: 'record',
    summary: 'keep conversations as files to replay, without what is personal',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'replay',
    summary: 'play recorded conversations to a candidate, and tell what changed',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'doctor',
    summary: 'show what this machine has and what is missing',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'image',
    summary: 'build, run, scan and weigh the container images',
    load: () => import('./commands/image.ts'),
  },
  {
    name: 'rehearse',
    summary: 'apply the AWS environment on this machine, without a cloud account',
    load: () => import('./commands/rehearse.ts'),
  },
  {
    name: 'drill',
    summary: 'take one cloud away after the other, and see the conversation go on',
    load: () => import('./commands/drill.ts'),
  },
  {
    name: 'conformance',
    summary: 'hold the rehearsal against what AWS does, check by check, or record AWS',
    load: () => import('./commands/conformance.ts'),
  },
  {
    name: 'verify',
    summary: 'check a deployed environment, from the outside and the inside',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'runs',
    summary: 'list the turns under way, stop some, refuse new ones',
    load: () => import('./commands/runs.ts'),
  },
  {
    name: 'setup',
    summary: 'go through everything the first deployment of staging needs',
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'plan',
    summary: 'plan terraform/aws/staging; scan, summarise and comment the plan',
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'apply',
    summary: 'apply exactly the plan that was approved',
    load: () => import('./commands/apply.ts'),
  },
  {
    name: 'deploy',
    summary: 'wait until the load balancer serves what was applied',
    load: () => import('./commands/deploy.ts'),
  },
  {
    name: 'rollback',
    summary: 'go back to an earlier image',
    load: () => import('./commands/rollback.ts'),
  },
  {
    name: 'drift',
    summary: 'compare AWS with what was applied',
    load: () => import('./commands/drift.ts'),
  },
  {
    name: 'cost',
    summary: 'price a plan',
    load: () => import('./commands/cost.ts'),
  },
  {
    name: 'secrets',
    summary: "set the staging environment's secrets, without showing them to anyone",
    load: () => import('./commands/secrets.ts'),
  },
];
