import { askedFor, firstProblem, type PlanCheck, type Problem } from '../checks/check.ts';
import type { PlannedEnvironment, Resource, StackName } from '../plan/environment.ts';
import type { Mutant } from './mutant.ts';
import { OPERATORS } from './operators/all.ts';
import { findPlaces, STACK_NAMES } from './places.ts';

export interface Judged {
  mutant: Mutant;
  /** The problem that detected it; absent if nothing did. */
  noticed: Problem | undefined;
}

/** Every mutant of the environment, in the order of the operators; each id once. */
export function findMutants(environment: PlannedEnvironment): Mutant[] {
  const places = findPlaces(environment);
  const mutants = new Map<string, Mutant>();
  for (const { find } of OPERATORS) {
    for (const mutant of find(environment, places)) mutants.set(mutant.id, mutant);
  }
  return [...mutants.values()];
}

/**
 * A function that judges mutants of a sound environment: whether a check finds a problem, or undefined if nothing
 * changed. Checks are pure, so those that do not read the changed resources are skipped.
 */
export function createJudge(
  checks: readonly PlanCheck[],
  environment: PlannedEnvironment,
): (mutant: Mutant) => Judged | undefined {
  const asked = checks.map((check) => ({ check, asks: askedFor(check, environment) }));
  return (mutant) => {
    const changed = mutant.make();
    const what = STACK_NAMES.flatMap((stack) => changesIn(environment, changed, stack));
    if (what.length === 0) return undefined;
    const concerned = asked.filter(({ asks }) => what.some((one) => asks.has(one))).map(({ check }) => check);
    return { mutant, noticed: firstProblem(concerned, changed) };
  };
}

/** The differences, in the form of a check's reads. */
function changesIn(before: PlannedEnvironment, after: PlannedEnvironment, name: StackName): string[] {
  const [was, is] = [before[name], after[name]];
  if (was === is) return [];
  const old = new Map(was.resources.map((resource) => [resource.address, resource]));
  const differing: Resource[] = [];
  for (const resource of is.resources) {
    const one = old.get(resource.address);
    if (one !== resource && !Bun.deepEquals(one, resource)) differing.push(resource);
    old.delete(resource.address);
  }
  // The rest was removed.
  const touched = [...differing, ...old.values()];
  return [
    ...touched.flatMap(({ block, type }) => [`${name} ${block}`, `${name} ${type}.*`]),
    ...(touched.length > 0 ? [`${name} *`] : []),
    ...[...is.blocks.values()].flatMap(({ address, dependsOn }) =>
      dependsOn === was.blocks.get(address)?.dependsOn ? [] : [`${name} ${address} depends_on`],
    ),
    ...(Bun.deepEquals(was.outputs, is.outputs) ? [] : [`${name} output`]),
    ...(Bun.deepEquals(was.defaults, is.defaults) ? [] : [`${name} default`]),
  ];
}
