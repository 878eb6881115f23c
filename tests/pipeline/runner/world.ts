import type { Github } from '@lornu/standins/github/server.ts';

export type StepEnv = Readonly<Record<string, string | undefined>>;

/** What a rehearsed run of the workflow stands in. */
export interface PipelineWorld {
  /** This machine's checkout: its installed packages and tools are used. */
  root: string;
  /** The repository that is checked out by each job. */
  repository: string;
  commit: string;
  /** Where jobs, artifacts and logs lie. */
  folder: string;
  github: Github;
  emulatorUrl: string;
  vars: Readonly<Record<string, string>>;
  /** Of the repository: every job may be given them, also one of a pull request. */
  secrets: Readonly<Record<string, string>>;
  /** Secrets by environment: only its jobs get them, after a reviewer approved. */
  environmentSecrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of every step: PATH, endpoints, the provider. Nothing of the person's. */
  env: Readonly<Record<string, string | undefined>>;
  /** Programs that stand in for what an action installs; put before PATH by it. */
  standInPrograms: string;
  /** Where trivy is: the real one where this machine has it, else the stand-in. */
  trivyFolder: string;
  /** The person behind the environment: says yes, or nobody does. */
  reviewer: string | undefined;
  /** Called before each step: where a test makes something go wrong. */
  before?: (at: { job: string; step: string; checkout: string; env: StepEnv }) => Promise<void> | void;
  /** Commands that can't run here, by their name in a promise, and what they end with: 0 or not. */
  instead?: Readonly<Record<string, () => Promise<number> | number>>;
  /** Called with each step that was run, and whether a substitute ran in place of its command. */
  ran?: (at: { job: string; step: string; standIn: boolean }) => void;
  /** How long GitHub's tokens for AWS are good, in seconds; 300 at GitHub. */
  tokenLifetimeS?: number;
  signal: AbortSignal;
}
