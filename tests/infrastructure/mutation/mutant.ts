import type { PlannedEnvironment } from '../plan/environment.ts';
import { changePlace, placeName, type Place } from './places.ts';
import type { Change } from './edit.ts';
import type { Json } from '../plan/document.ts';
import { propagate } from './propagate.ts';

/** One wrong configuration: the plan that one changed place in the files would give. */
export interface Mutant {
  /** operator, place, and what is new: unique and the same in every run. */
  id: string;
  operator: string;
  make: () => PlannedEnvironment;
}

/** Something that is done wrong, wherever it fits. */
export interface Operator {
  name: string;
  /** As a sentence in the published list. */
  title: string;
  find: (environment: PlannedEnvironment, places: readonly Place[]) => Mutant[];
}

/** A mutant that puts other values at one place; texts that others refer to are changed there too. */
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

/** A value in few words, for a mutant's name: ids of one run must not be part of it. */
export function shown(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
