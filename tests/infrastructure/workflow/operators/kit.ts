import type { Document } from 'yaml';
import { changed, type YamlPath, type YamlPlace } from '../places.ts';

/** A wrong workflow: the file after one change. */
export interface WorkflowMutant {
  id: string;
  operator: string;
  make: () => Document;
}

export interface WorkflowOperator {
  name: string;
  title: string;
  find: (file: Document, places: readonly YamlPlace[]) => WorkflowMutant[];
}

export const at = (path: YamlPath) => path.join('.');
export const last = (path: YamlPath) => String(path.at(-1));
export const isStep = (path: YamlPath) => path.length === 4 && path[0] === 'jobs' && path[2] === 'steps';
export const isJob = (path: YamlPath) => path.length === 2 && path[0] === 'jobs';

/** A mutant that sets a value at a path, whether one exists there or not. */
export function setting(
  file: Document,
  operator: string,
  path: YamlPath,
  to: string,
  value: unknown,
): WorkflowMutant {
  return {
    id: `${operator}: ${at(path)} -> ${to}`,
    operator,
    make: () => changed(file, (document) => document.setIn(path, document.createNode(value))),
  };
}

/** Replaces a text by each of the results of `others`. */
export function rewriting(
  name: string,
  title: string,
  fits: (place: YamlPlace & { value: string }) => boolean,
  others: (value: string, place: YamlPlace) => readonly (readonly [to: string, value: unknown])[],
): WorkflowOperator {
  return {
    name,
    title,
    find: (file, places) =>
      places
        .filter((place): place is YamlPlace & { value: string } => typeof place.value === 'string')
        .filter(fits)
        .flatMap((place) =>
          others(place.value, place)
            .filter(([, value]) => value !== place.value)
            .map(([to, value]) => setting(file, name, place.path, to, value)),
        ),
  };
}
