import { resolve } from 'node:path';
import type { StackName } from '../terraform/stacks.ts';
import type { WorkspaceRecord } from './workspace.ts';

/** --var and --var-file as Terraform takes them; files are found from where the person stands. */
export function toVariableArguments(given: { var: readonly string[]; varFile: readonly string[] }): string[] {
  return [
    ...given.varFile.map((path) => `-var-file=${resolve(path)}`),
    ...given.var.map((assignment) => `-var=${assignment}`),
  ];
}

/** They are the staging stack's; bootstrap knows none of its variables. */
export function variableArguments(
  record: Pick<WorkspaceRecord, 'variableArguments'>,
  stack: StackName,
): string[] {
  return stack === 'staging' ? record.variableArguments : [];
}
