import type { Github } from '@lornu/standins/github/server.ts';

export type StepEnv = Readonly<Record<string, string | undefined>>;

/** The surroundings of a rehearsed run of the workflow. */
export interface PipelineWorld {
  /** This machine's checkout: its installed packages and tools are used. */
  root: string;
  /** The repository that each job checks out. */
  repository: string;
  commit: string;
  /** Folder for jobs, artifacts and logs. */
  folder: string;
  github: Github;
  emulatorUrl: string;
  vars: Readonly<Record<string, string>>;
  /** The repository's secrets: every job may get them, even one of a pull request. */
  secrets: Readonly<Record<string, string>>;
  /** Secrets by environment: only its jobs get them, after a reviewer has approved. */
  environmentSecrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Environment of every step: PATH, endpoints, the provider. Nothing of the person's. */
  env: Readonly<Record<string, string | undefined>>;
  /** Folder of cosign, or of its stand-in; the action puts it before PATH. */
  cosignFolder: string;
  /** Folder of trivy: the real one if this machine has it, else the stand-in. */
  trivyFolder: string;
  /** The reviewer of the environment, who approves; undefined: nobody approves. */
  reviewer: string | undefined;
  /** Called before each step, so that a test can make something fail. */
  before?: (at: { job: string; step: string; checkout: string; env: StepEnv }) => Promise<void> | void;
  /** Replacements for commands that can't run here, by their name in a promise; each returns an exit code. */
  instead?: Readonly<Record<string, () => Promise<number> | number>>;
  /** Called with each step that was run, and whether a replacement ran. */
  ran?: (at: { job: string; step: string; standIn: boolean }) => void;
  /** Lifetime of GitHub's tokens for AWS, in seconds; 300 at GitHub. */
  tokenLifetimeS?: number;
  signal: AbortSignal;
}

/** One attempt at a run. All attempts have the id of the run, to which approvals belong. */
export interface RunAttempt {
  runId: string;
  /** GITHUB_RUN_ATTEMPT: 1, then one more for each re-run. */
  number: number;
  /** Present in a re-run of one job, which sees the artifacts of earlier attempts. */
  again?: object;
}
