import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeEnd, tryCommand } from '../../process/run-command.ts';
import { findTerraform } from '../../terraform/find-terraform.ts';
import { parseEvent, type Diagnostic, type TerraformEvent } from '../../terraform/terraform-events.ts';
import type { StepIo } from '../../steps/run-steps.ts';
import { STACK, type DeliveryContext } from '../delivery-context.ts';
import { explainTerraform } from './explain.ts';
import { requireLocalExecution, type WorkspaceFacts } from './workspace.ts';

const INIT_MS = 10 * 60_000;
const RUN_MS = 60 * 60_000;
/** On SIGINT Terraform finishes running operations and writes the state; on SIGTERM providers would end at once. */
const STOP = { signal: 'SIGINT', withinMs: 20 * 60_000 } as const;
const TOLD = /^(apply_(start|complete|errored)|planned_change|change_summary|diagnostic)$/;

/** Terraform in the stack's folder, with the credentials of the person or job. */
export interface Terraform {
  version: string;
  folder: string;
  /** Checks the workspace at HCP Terraform, then initializes; undefined if there is no token to check with. */
  init: (io: StepIo) => Promise<WorkspaceFacts | undefined>;
  /**
   * Runs `terraform ... -json` and returns its messages; throws an explained error for exit codes not in `accepted`.
   */
  run: (command: readonly string[], io: StepIo, options: RunOptions) => Promise<TerraformEnd>;
  /** The output of a command: the state as text, a plan or outputs as JSON. */
  read: (command: readonly string[], what: string) => Promise<string>;
}

export interface RunOptions {
  what: string;
  accepted?: readonly number[];
  onEvent?: (event: TerraformEvent) => void;
}

export interface TerraformEnd {
  exitCode: number;
  diagnostics: Diagnostic[];
  tail: string[];
}

/** Finds Terraform for the staging stack; only runs `terraform version`. */
export async function openTerraform(context: DeliveryContext, io: StepIo): Promise<Terraform> {
  const found = await findTerraform(context, io);
  const folder = join(context.root, STACK);
  const env = {
    ...context.env,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    TF_INPUT: '0',
    NO_COLOR: '1',
  };
  const options = { cwd: folder, env, signal: context.signal, stop: STOP };

  return {
    version: found.version,
    folder,
    init: async ({ line }) => {
      const workspace = await requireLocalExecution(context);
      const isLocked = (await stat(join(folder, '.terraform.lock.hcl')).catch(() => undefined)) !== undefined;
      const command = [found.path, 'init', '-input=false', '-no-color'];
      const result = await tryCommand(isLocked ? [...command, '-lockfile=readonly'] : command, {
        ...options,
        timeoutMs: INIT_MS,
        onLine: line,
      });
      context.signal.throwIfAborted();
      if (result.exitCode !== 0) throw explainTerraform('terraform init failed.', [], result.tail.map(plain));
      return workspace;
    },
    run: async (command, { line }, { what, accepted = [], onEvent }) => {
      const diagnostics: Diagnostic[] = [];
      const [name = '', ...rest] = command;
      const result = await tryCommand([found.path, name, '-json', '-input=false', ...rest], {
        ...options,
        timeoutMs: RUN_MS,
        onLine: (text) => {
          const event = parseEvent(text);
          if (!event) return line(text);
          if (event.diagnostic) diagnostics.push(event.diagnostic);
          onEvent?.(event);
          if (TOLD.test(event.type) && event.hook?.action !== 'read') line(event['@message']);
        },
      });
      const tail = result.tail.map((text) => parseEvent(text)?.['@message'] ?? plain(text));
      const end = { exitCode: result.exitCode ?? -1, diagnostics, tail };
      if ([0, ...accepted].includes(end.exitCode)) return end;
      context.signal.throwIfAborted();
      throw explainTerraform(what, diagnostics, tail);
    },
    read: async (command, what) => {
      const result = await tryCommand([found.path, ...command], { ...options, timeoutMs: INIT_MS });
      context.signal.throwIfAborted();
      if (result.exitCode === 0) return result.stdout;
      throw explainTerraform(
        what,
        [],
        [`"terraform ${command.join(' ')}" ${describeEnd(result)}`, ...result.tail.map(plain)],
      );
    },
  };
}

/** Removes colours and the box that Terraform draws around an error. */
function plain(line: string): string {
  return Bun.stripANSI(line).replace(/^[╷│╵] ?/, '');
}
