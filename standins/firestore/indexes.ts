import { status } from '@grpc/grpc-js';
import { bytesOfName, bytesOfValue } from './limits.ts';
import { RpcError } from './rpc-error.ts';
import type { Fields, Value } from './value.ts';

export type Direction = 'ASCENDING' | 'DESCENDING' | 'CONTAINS';
export type Scope = 'COLLECTION' | 'COLLECTION_GROUP';

interface IndexedDocument {
  name: string;
  fields: Fields;
}

/** The indexes on one field of a collection, replacing Firestore's automatic ones. */
export interface FieldIndexes {
  collection: string;
  /** `*` means all fields without indexes of their own. */
  field: string;
  indexes: { direction: Direction; scope: Scope }[];
}
export interface CompositeIndex {
  collection: string;
  scope: Scope;
  fields: { path: string; direction: Direction }[];
}

/**
 * Firestore's automatic indexes. https://cloud.google.com/firestore/docs/query-data/index-overview#automatic_indexing
 */
const AUTOMATIC: FieldIndexes['indexes'] = (['ASCENDING', 'DESCENDING', 'CONTAINS'] as const).map(
  (direction) => ({ direction, scope: 'COLLECTION' }),
);
/** https://cloud.google.com/firestore/quotas#indexes */
const MAX_ENTRIES = 40_000;
/** An indexed value is truncated to this length. */
const MAX_INDEXED_BYTES = 1_500;
const ENTRY_OVERHEAD_BYTES = 32;

/** The indexes of a database: Firestore's automatic ones, and those that were created or exempted. */
export class Indexes {
  readonly #fields = new Map<string, FieldIndexes['indexes']>();
  readonly composites: readonly CompositeIndex[];

  constructor(fields: readonly FieldIndexes[] = [], composites: readonly CompositeIndex[] = []) {
    for (const { collection, field, indexes } of fields) this.#fields.set(`${collection}/${field}`, indexes);
    this.composites = composites;
  }

  /** The indexes of a field: its own, those of the closest map around it, or the collection's. */
  ofField(collection: string, path: string): FieldIndexes['indexes'] {
    if (this.#fields.size === 0) return AUTOMATIC;
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
      const own = this.#fields.get(`${collection}/${path.slice(0, end)}`);
      if (own) return own;
    }
    return this.#fields.get(`${collection}/*`) ?? AUTOMATIC;
  }

  /**
   * Refuses a document with more index entries than Firestore allows, counted as Google's pages do. Returns their size.
   */
  assertFewEntries(document: IndexedDocument): number {
    const { count, bytes } = this.#entriesOf(document);
    if (count > MAX_ENTRIES)
      throw new RpcError(
        status.INVALID_ARGUMENT,
        `too many index entries for entity ${document.name}: ${count}, at most ${MAX_ENTRIES}`,
      );
    return bytes;
  }

  /** The size of a document's index entries. https://cloud.google.com/firestore/docs/storage-size#index-entry-size */
  bytesOf(document: IndexedDocument): number {
    return this.#entriesOf(document).bytes;
  }

  #entriesOf({ name, fields }: IndexedDocument): { count: number; bytes: number } {
    const parent = name.slice(0, name.lastIndexOf('/'));
    const above = parent.lastIndexOf('/');
    const collection = parent.slice(above + 1);
    const nameBytes = bytesOfName(name) + bytesOfName(parent.slice(0, above)) + ENTRY_OVERHEAD_BYTES;
    const sum = { count: 0, bytes: 0 };
    const add = (path: string, value: Value, isElement: boolean): void => {
      let count = 0;
      for (const { direction } of this.ofField(collection, path))
        if ((direction === 'CONTAINS') === isElement) count++;
      if (count === 0) return;
      const valueBytes = Math.min(MAX_INDEXED_BYTES, bytesOfValue(value));
      sum.count += count;
      sum.bytes += count * (nameBytes + Buffer.byteLength(path) + 1 + valueBytes);
    };
    const walk = (inner: Fields, within: string): void => {
      for (const key in inner) {
        const value = inner[key]!;
        const path = within ? `${within}.${key}` : key;
        if (value.mapValue) walk(value.mapValue.fields ?? {}, path);
        else if (value.arrayValue) for (const one of value.arrayValue.values ?? []) add(path, one, true);
        else add(path, value, false);
      }
    };
    walk(fields, '');
    for (const index of this.composites.filter((one) => one.collection === collection)) {
      const values = index.fields.map(({ path }) => fields[path]);
      if (values.some((value) => !value)) continue;
      const elements = values.map((value) => value?.arrayValue?.values?.length ?? 1);
      const count = elements.reduce((product, one) => product * one, 1);
      const bytes = values.reduce(
        (all, one) => all + Math.min(MAX_INDEXED_BYTES, bytesOfValue(one ?? {})),
        0,
      );
      sum.count += count;
      sum.bytes += count * (nameBytes + bytes);
    }
    return sum;
  }
}
