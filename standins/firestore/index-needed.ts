import { status } from '@grpc/grpc-js';
import { conditionsOf, isRange, type Filter } from './filter.ts';
import type { Direction, Indexes, Scope } from './indexes.ts';
import { NAME, orderOf, type Sorting, type StructuredQuery } from './query.ts';
import { RpcError } from './rpc-error.ts';

const CONTAINS = new Set(['ARRAY_CONTAINS', 'ARRAY_CONTAINS_ANY']);

interface Need {
  path: string;
  direction: Direction;
}

/**
 * Refuses a query for which the database has no index, as Firestore does. Where Google's pages do not say whether two
 * indexes are merged (array-contains beside another condition), requires a composite one.
 * https://cloud.google.com/firestore/docs/query-data/index-overview
 */
export function assertIndexed(query: StructuredQuery, indexes: Indexes): void {
  const { collectionId = '', allDescendants = false } = query.from?.[0] ?? {};
  if (collectionId === '') return;
  const scope: Scope = allDescendants ? 'COLLECTION_GROUP' : 'COLLECTION';
  for (const branch of branchesOf(query.where)) {
    const missing = missingIndex({ ...query, where: branch }, collectionId, scope, indexes);
    if (missing)
      throw new RpcError(
        status.FAILED_PRECONDITION,
        `The query requires an index. terraform/gcp/staging/firestore.tf makes none on ${collectionId} (${scope}): ${missing}`,
      );
  }
}

/** An OR needs the indexes of each branch. */
function branchesOf(filter: Filter | undefined): (Filter | undefined)[] {
  const { op, filters = [] } = filter?.compositeFilter ?? {};
  if (!filter || !op) return [filter];
  if (op === 'OR') return filters.flatMap(branchesOf);
  return filters
    .map(branchesOf)
    .reduce<Filter[][]>(
      (all, branches) => all.flatMap((one) => branches.map((next) => (next ? [...one, next] : one))),
      [[]],
    )
    .map((all) => ({ compositeFilter: { op: 'AND', filters: all } }));
}

/** Description of the missing index's fields; undefined if none is missing. */
function missingIndex(
  query: StructuredQuery,
  collection: string,
  scope: Scope,
  indexes: Indexes,
): string | undefined {
  const conditions = conditionsOf(query.where).filter(({ field }) => field.fieldPath !== NAME);
  const equal = conditions
    .filter((condition) => !isRange(condition))
    .map(({ field, op }): Need => {
      return { path: field.fieldPath, direction: CONTAINS.has(op) ? 'CONTAINS' : 'ASCENDING' };
    });
  const order = sortedBy(orderOf(query), equal).map(({ path, descending }): Need => {
    return { path, direction: descending ? 'DESCENDING' : 'ASCENDING' };
  });
  const all = [...equal, ...order];
  const isSingle = ({ path, direction }: Need): boolean =>
    indexes
      .ofField(collection, path)
      .some(
        (one) =>
          one.scope === scope && (one.direction === direction || isEither(direction, one.direction, order)),
      );
  const isMergeable = order.length === 0 && equal.every(({ direction }) => direction !== 'CONTAINS');
  if (all.length === 0) return undefined;
  if (all.length === 1 || isMergeable) {
    const missing = all.filter((need) => !isSingle(need));
    return missing.length > 0 ? inWords(missing) : undefined;
  }
  const usable = indexes.composites
    .filter((index) => index.collection === collection && index.scope === scope)
    .map((index) => index.fields.filter(({ path }) => path !== NAME))
    .filter((fields) => {
      const [prefix, suffix] = [
        fields.slice(0, -order.length || undefined),
        fields.slice(fields.length - order.length),
      ];
      return (
        JSON.stringify(suffix) === JSON.stringify(order) &&
        prefix.every(({ path, direction }) =>
          equal.some(
            (one) => one.path === path && (one.direction === 'CONTAINS') === (direction === 'CONTAINS'),
          ),
        )
      );
    });
  const covered = new Set(usable.flatMap((fields) => fields.map(({ path }) => path)));
  return all.every(({ path }) => covered.has(path)) ? undefined : inWords(all);
}

/** An equality can use an index in either direction. */
function isEither(wanted: Direction, there: Direction, order: readonly Need[]): boolean {
  return order.length === 0 && wanted === 'ASCENDING' && there === 'DESCENDING';
}

/**
 * The sort fields, without those fixed by an equality and without the name in the last direction, with which every
 * index ends.
 */
function sortedBy(order: readonly Sorting[], equal: readonly Need[]): Sorting[] {
  const sorted = order.filter(({ path }) => !equal.some((one) => one.path === path));
  const last = sorted.at(-1);
  const before = sorted.at(-2)?.descending ?? false;
  return last?.path === NAME && last.descending === before ? sorted.slice(0, -1) : sorted;
}

const inWords = (needs: readonly Need[]): string =>
  needs.map(({ path, direction }) => `${path} ${direction}`).join(', ');
