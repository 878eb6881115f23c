import { status } from '@grpc/grpc-js';
import type { StoredDocument } from './documents.ts';
import { RpcError } from './rpc-error.ts';
import { compareNames, compareValues, type Value } from './value.ts';

interface FieldFilter {
  field: { fieldPath: string };
  op: string;
  value: Value;
}
interface Filter {
  fieldFilter?: FieldFilter;
  compositeFilter?: { op: string; filters?: Filter[] };
}
interface Cursor {
  values?: Value[];
  before?: boolean;
}
interface Order {
  field: { fieldPath: string };
  direction?: string;
}
export interface StructuredQuery {
  from?: { collectionId?: string; allDescendants?: boolean }[];
  where?: Filter;
  orderBy?: Order[];
  startAt?: Cursor;
  endAt?: Cursor;
  offset?: number;
  limit?: { value?: number };
}

const NAME = '__name__';
const INEQUALITIES = new Set(['LESS_THAN', 'LESS_THAN_OR_EQUAL', 'GREATER_THAN', 'GREATER_THAN_OR_EQUAL']);

/** The documents that a query finds, in its order; ties by name, as Firestore has them. */
export function runQuery(
  all: Iterable<StoredDocument>,
  parent: string,
  query: StructuredQuery,
): StoredDocument[] {
  const { collectionId = '', allDescendants = false } = query.from?.[0] ?? {};
  const order = orderOf(query);
  const found = [...all].filter(
    (document) =>
      isIn(document.name, parent, collectionId, allDescendants) &&
      order.every(({ path }) => fieldOf(document, path)) &&
      (!query.where || matches(document, query.where)),
  );
  found.sort((a, b) => compareBy(order, a, (path) => fieldOf(b, path)));
  const between = found.filter((document) => {
    const { startAt, endAt } = query;
    if (startAt) {
      const side = compareToCursor(document, order, startAt);
      if (side < 0 || (side === 0 && !startAt.before)) return false;
    }
    if (endAt) {
      const side = compareToCursor(document, order, endAt);
      if (side > 0 || (side === 0 && endAt.before)) return false;
    }
    return true;
  });
  const from = query.offset ?? 0;
  return between.slice(from, query.limit ? from + (query.limit.value ?? 0) : undefined);
}

function isIn(name: string, parent: string, collectionId: string, allDescendants: boolean): boolean {
  if (!name.startsWith(`${parent}/`)) return false;
  const segments = name.slice(parent.length + 1).split('/');
  return allDescendants
    ? segments.at(-2) === collectionId
    : segments.length === 2 && segments[0] === collectionId;
}

interface Sorting {
  path: string;
  descending: boolean;
}

function orderOf({ orderBy = [], where }: StructuredQuery): Sorting[] {
  const order = orderBy.map(({ field, direction }) => ({
    path: field.fieldPath,
    descending: direction === 'DESCENDING',
  }));
  const unequal = filtersOf(where).find(({ op }) => INEQUALITIES.has(op));
  if (unequal && order.length === 0) order.push({ path: unequal.field.fieldPath, descending: false });
  const last = order.at(-1);
  if (last?.path !== NAME) order.push({ path: NAME, descending: last?.descending ?? false });
  return order;
}

function filtersOf(filter: Filter | undefined): FieldFilter[] {
  if (filter?.fieldFilter) return [filter.fieldFilter];
  return (filter?.compositeFilter?.filters ?? []).flatMap(filtersOf);
}

function fieldOf(document: StoredDocument, path: string): Value | undefined {
  return path === NAME ? { referenceValue: document.name } : document.fields[path];
}

function compareBy(
  order: readonly Sorting[],
  document: StoredDocument,
  other: (path: string, index: number) => Value | undefined,
): number {
  for (const [index, { path, descending }] of order.entries()) {
    const [a, b] = [fieldOf(document, path), other(path, index)];
    if (!a || !b) continue;
    const side =
      path === NAME ? compareNames(a.referenceValue ?? '', b.referenceValue ?? '') : compareValues(a, b);
    if (side !== 0) return descending ? -side : side;
  }
  return 0;
}

function compareToCursor(
  document: StoredDocument,
  order: readonly Sorting[],
  { values = [] }: Cursor,
): number {
  return compareBy(order, document, (_path, index) => values[index]);
}

function matches(document: StoredDocument, { fieldFilter, compositeFilter }: Filter): boolean {
  if (compositeFilter) {
    const filters = compositeFilter.filters ?? [];
    return compositeFilter.op === 'OR'
      ? filters.some((filter) => matches(document, filter))
      : filters.every((filter) => matches(document, filter));
  }
  if (!fieldFilter) throw new RpcError(status.UNIMPLEMENTED, 'The stand-in does not know this filter.');
  const own = fieldOf(document, fieldFilter.field.fieldPath);
  if (!own) return false;
  const { op, value } = fieldFilter;
  if (op === 'ARRAY_CONTAINS')
    return (own.arrayValue?.values ?? []).some((inner) => compareValues(inner, value) === 0);
  const side = compareValues(own, value);
  switch (op) {
    case 'EQUAL':
      return side === 0;
    case 'LESS_THAN':
      return side < 0;
    case 'LESS_THAN_OR_EQUAL':
      return side <= 0;
    case 'GREATER_THAN':
      return side > 0;
    case 'GREATER_THAN_OR_EQUAL':
      return side >= 0;
    default:
      throw new RpcError(status.UNIMPLEMENTED, `The stand-in does not know the filter ${op}.`);
  }
}
