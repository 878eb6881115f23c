import type { Document } from 'yaml';
import { findYamlPlaces } from '../places.ts';
import type { WorkflowMutant, WorkflowOperator } from './kit.ts';
import { otherRight, otherRole, spreadSecrets, unpin, widenRights, widenTrigger } from './rights.ts';
import { doubleConcurrency, dropPart, letFailuresPass, loosenIf, otherGate, swapSteps } from './structure.ts';
import { flip, otherCommand, otherLimit, otherMachine, otherValue } from './values.ts';

/** The published list for the workflow. */
export const WORKFLOW_OPERATORS: readonly WorkflowOperator[] = [
  dropPart,
  swapSteps,
  letFailuresPass,
  unpin,
  widenRights,
  otherRight,
  widenTrigger,
  loosenIf,
  otherGate,
  otherValue,
  otherCommand,
  otherRole,
  spreadSecrets,
  otherMachine,
  otherLimit,
  flip,
  doubleConcurrency,
];

/** Every mutant of the file, each id once. */
export function findWorkflowMutants(file: Document): WorkflowMutant[] {
  const places = findYamlPlaces(file);
  const mutants = new Map<string, WorkflowMutant>();
  for (const { find } of WORKFLOW_OPERATORS)
    for (const mutant of find(file, places)) mutants.set(mutant.id, mutant);
  return [...mutants.values()];
}
