import { resolve } from 'node:path';
import type { StackName } from '../terraform/stacks.ts';
import type { WorkspaceRecord } from './workspace.ts';

/** --var and --var-file in Terraform's form; files are relative to the current folder. */
export function toVariableArguments(given: { var: readonly string[]; varFile: readonly string[] }): string[] {
  return [
    ...given.varFile.map((path) => `-var-file=${resolve(path)}`),
    ...given.var.map((assignment) => `-var=${assignment}`),
  ];
}

/** Only for the staging stack; bootstrap has none of these variables. */
export function variableArguments(
  record: Pick<WorkspaceRecord, 'variableArguments'>,
  stack: StackName,
): string[] {
  return stack === 'staging' ? record.variableArguments : [];
}
