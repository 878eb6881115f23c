import type { PlannedEnvironment } from '../plan/environment.ts';
import { changePlace, placeName, type Place } from './places.ts';
import type { Change } from './edit.ts';
import type { Json } from '../plan/document.ts';
import { propagate } from './propagate.ts';

/** One wrong configuration: the plan that one change in the files would give. */
export interface Mutant {
  /** operator, place, and new value: unique and the same in every run. */
  id: string;
  operator: string;
  make: () => PlannedEnvironment;
}

/** A kind of mistake, applied wherever it fits. */
export interface Operator {
  name: string;
  /** A sentence in the published list. */
  title: string;
  find: (environment: PlannedEnvironment, places: readonly Place[]) => Mutant[];
}

/** A mutant with another value at one place; texts that refer to it are changed as well. */
export function atPlace(
  environment: PlannedEnvironment,
  operator: string,
  place: Place,
  to: string,
  change: Change,
): Mutant {
  return {
    id: `${operator}: ${placeName(place)} -> ${to}`,
    operator,
    make: () => propagate(environment, changePlace(environment, place, change), place.stack),
  };
}

/** A value as short text for a mutant's name, without ids of one run. */
export function shown(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
