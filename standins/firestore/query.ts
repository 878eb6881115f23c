import { status } from '@grpc/grpc-js';
import type { StoredDocument } from './documents.ts';
import { getPath, segmentsOf, setPath } from './field-path.ts';
import { conditionsOf, isRange, matches, type Filter } from './filter.ts';
import { RpcError } from './rpc-error.ts';
import { compareNames, compareValues, type Fields, type Value } from './value.ts';

interface Cursor {
  values?: Value[];
  before?: boolean;
}
interface Order {
  field: { fieldPath: string };
  direction?: string;
}
export interface StructuredQuery {
  select?: { fields?: { fieldPath: string }[] };
  from?: { collectionId?: string; allDescendants?: boolean }[];
  where?: Filter;
  orderBy?: Order[];
  startAt?: Cursor;
  endAt?: Cursor;
  offset?: number;
  limit?: { value?: number };
}

export const NAME = '__name__';

/** The documents that match a query, in its order; ties by name, as in Firestore. */
export function runQuery(
  all: Iterable<StoredDocument>,
  parent: string,
  query: StructuredQuery,
): StoredDocument[] {
  const { where, startAt, endAt, select, offset = 0, limit } = query;
  const { collectionId = '', allDescendants = false } = query.from?.[0] ?? {};
  const order = orderOf(query);
  if (order[0]?.path === NAME && order[0].descending)
    throw new RpcError(
      status.FAILED_PRECONDITION,
      'Firestore does not support descending key scans: order by a field first.',
    );
  const below = allDescendants ? `${parent}/` : `${parent}/${collectionId}/`;
  const found: StoredDocument[] = [];
  for (const document of all) {
    if (!isIn(document.name, below, collectionId, allDescendants)) continue;
    if (where && !matches(where, (path) => fieldOf(document, path))) continue;
    if (order.every(({ path }) => path === NAME || fieldOf(document, path))) found.push(document);
  }
  found.sort((a, b) => compareBy(order, a, (path) => fieldOf(b, path)));
  const between = found.filter((document) => {
    const fromStart = startAt ? compareToCursor(document, order, startAt) : 1;
    const fromEnd = endAt ? compareToCursor(document, order, endAt) : -1;
    const isAfterStart = fromStart > 0 || (fromStart === 0 && startAt?.before === true);
    return isAfterStart && (fromEnd < 0 || (fromEnd === 0 && endAt?.before !== true));
  });
  return between
    .slice(offset, limit ? offset + (limit.value ?? 0) : undefined)
    .map((document) => (select ? { ...document, fields: selected(document, select) } : document));
}

function isIn(name: string, below: string, collectionId: string, allDescendants: boolean): boolean {
  if (!name.startsWith(below)) return false;
  if (!allDescendants) return !name.includes('/', below.length);
  const segments = name.slice(below.length).split('/');
  return collectionId === '' || segments.at(-2) === collectionId;
}

export interface Sorting {
  path: string;
  descending: boolean;
}

/** The explicit order, then the fields of inequalities, then the name in the last direction. */
export function orderOf({ orderBy = [], where }: StructuredQuery): Sorting[] {
  const order = orderBy.map(({ field, direction }) => ({
    path: field.fieldPath,
    descending: direction === 'DESCENDING',
  }));
  const descending = order.at(-1)?.descending ?? false;
  const ranges = conditionsOf(where)
    .filter(isRange)
    .map(({ field }) => field.fieldPath);
  for (const path of [...ranges.toSorted(), NAME])
    if (!order.some((one) => one.path === path)) order.push({ path, descending });
  return order;
}

function selected(document: StoredDocument, { fields = [] }: { fields?: { fieldPath: string }[] }): Fields {
  const kept: Fields = {};
  for (const { fieldPath } of fields) {
    const value = fieldPath === NAME ? undefined : fieldOf(document, fieldPath);
    if (value) setPath(kept, segmentsOf(fieldPath), value);
  }
  return kept;
}

function fieldOf(document: StoredDocument, path: string): Value | undefined {
  if (path === NAME) return { referenceValue: document.name };
  if (Object.hasOwn(document.fields, path)) return document.fields[path];
  return /[.`]/.test(path) ? getPath(document.fields, segmentsOf(path)) : undefined;
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
