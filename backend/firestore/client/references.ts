import type { Row } from './channel.ts';
import { begunBy, commit, type Database, type Within } from './database.ts';
import { FieldPath, Timestamp } from './special-values.ts';
import {
  decodeFields,
  decodeValue,
  encodeValue,
  type DocumentData,
  type Fields,
  type Value,
} from './values.ts';
import { deleteWrite, setWrite, updateWrite, type Precondition } from './writes.ts';

/** https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents#Document */
export interface StoredDocument {
  name: string;
  fields?: Fields;
  createTime: string;
  updateTime: string;
}

/** A document as it was read, or that it was missing. Values are decoded when they are asked for. */
export class DocumentSnapshot {
  readonly ref: DocumentReference;
  readonly #document: StoredDocument | undefined;
  readonly #readTime: string;

  constructor(ref: DocumentReference, document: StoredDocument | undefined, readTime: string) {
    this.ref = ref;
    this.#document = document;
    this.#readTime = readTime;
  }

  get id(): string {
    return this.ref.id;
  }

  get exists(): boolean {
    return this.#document !== undefined;
  }

  get createTime(): Timestamp | undefined {
    return this.#document && Timestamp.parse(this.#document.createTime);
  }

  get updateTime(): Timestamp | undefined {
    return this.#document && Timestamp.parse(this.#document.updateTime);
  }

  /** Firestore's time of the read. */
  get readTime(): Timestamp {
    return Timestamp.parse(this.#readTime);
  }

  /** Undefined if there is no document. */
  data(): DocumentData | undefined {
    return this.#document && decodeFields(this.#document.fields);
  }

  /** One field. */
  // oxlint-disable-next-line typescript/no-explicit-any -- callers know their documents
  get(name: string): any {
    const value = this.#document?.fields?.[name];
    return value && decodeValue(value);
  }

  /** A field as it is stored. */
  rawField(name: string): Fields[string] | undefined {
    return this.#document?.fields?.[name];
  }
}

/** A document that a query found. */
export class QueryDocumentSnapshot extends DocumentSnapshot {
  override data(): DocumentData {
    return super.data() ?? {};
  }
}

export interface QuerySnapshot {
  docs: QueryDocumentSnapshot[];
  readTime: Timestamp;
}

/** Reads documents at one moment, in the order of their references. `fieldMask`: only these fields. */
export async function readDocuments(
  { channel, root }: Database,
  references: readonly DocumentReference[],
  { fieldMask, ...within }: Within & { fieldMask?: readonly string[] } = {},
): Promise<{ snapshots: DocumentSnapshot[]; transaction?: string }> {
  const documents = references.map(({ name }) => name);
  const mask = fieldMask && { mask: { fieldPaths: fieldMask } };
  const rows = await channel.call('batchGet', root, { documents, ...mask, ...within });
  const byName = new Map<string, Row>();
  for (const row of rows)
    byName.set((row['found'] as StoredDocument | undefined)?.name ?? String(row['missing']), row);
  const snapshots = references.map((reference) => {
    const row = byName.get(reference.name);
    if (!row) throw new Error(`Firestore did not answer for one of ${documents.length} documents.`);
    return new DocumentSnapshot(
      reference,
      row['found'] as StoredDocument | undefined,
      row['readTime'] as string,
    );
  });
  return { snapshots, ...begunBy(rows) };
}

export class DocumentReference {
  readonly database: Database;
  /** Below the database, such as runs/1. */
  readonly path: string;

  constructor(database: Database, path: string) {
    this.database = database;
    this.path = path;
  }

  get id(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1);
  }

  /** In the protocol. */
  get name(): string {
    return `${this.database.root}/${this.path}`;
  }

  get parent(): CollectionReference {
    return new CollectionReference(this.database, this.path.slice(0, this.path.lastIndexOf('/')));
  }

  collection(id: string): CollectionReference {
    return new CollectionReference(this.database, `${this.path}/${id}`);
  }

  async get(): Promise<DocumentSnapshot> {
    const { snapshots } = await readDocuments(this.database, [this]);
    return snapshots[0]!;
  }

  async set(data: DocumentData): Promise<void> {
    await commit(this.database, [setWrite(this.name, data)]);
  }

  async update(data: DocumentData): Promise<void> {
    await commit(this.database, [updateWrite(this.name, data)]);
  }

  async delete(precondition?: Precondition): Promise<void> {
    await commit(this.database, [deleteWrite(this.name, precondition)]);
  }
}

const OPERATORS = {
  '==': 'EQUAL',
  '<': 'LESS_THAN',
  '<=': 'LESS_THAN_OR_EQUAL',
  '>': 'GREATER_THAN',
  '>=': 'GREATER_THAN_OR_EQUAL',
  'array-contains': 'ARRAY_CONTAINS',
} as const;
type Operator = keyof typeof OPERATORS;
type Direction = 'asc' | 'desc';

interface Asked {
  /** The document whose collection, or below which the collections, are queried; the root otherwise. */
  parent: string;
  collectionId: string;
  allDescendants: boolean;
  where: { field: string; operator: Operator; value: unknown }[];
  orderBy: { field: FieldPath; direction: Direction }[];
  limit?: number;
  isLimitToLast?: boolean;
  startAt?: { values: Value[]; before: boolean };
  select?: readonly string[];
}

/** A query; each method returns a new one. */
export class Query {
  readonly database: Database;
  readonly #asked: Asked;

  constructor(database: Database, asked: Asked) {
    this.database = database;
    this.#asked = asked;
  }

  where(field: string, operator: Operator, value: unknown): Query {
    return this.#with({ where: [...this.#asked.where, { field, operator, value }] });
  }

  orderBy(field: string | FieldPath, direction: Direction = 'asc'): Query {
    const path = typeof field === 'string' ? new FieldPath(field) : field;
    return this.#with({ orderBy: [...this.#asked.orderBy, { field: path, direction }] });
  }

  limit(count: number): Query {
    return this.#with({ limit: count });
  }

  /** The last ones in the given order, in this order. */
  limitToLast(count: number): Query {
    return this.#with({ limit: count, isLimitToLast: true });
  }

  /** Only these fields; without any, only the names. */
  select(...fields: string[]): Query {
    return this.#with({ select: fields });
  }

  /** Values of the fields of `orderBy`. Of a document's own name: its id, or a reference. */
  startAt(...values: unknown[]): Query {
    return this.#with({ startAt: { values: this.#cursor(values), before: true } });
  }

  /** As `startAt`, without the documents there; or a document that was found. */
  startAfter(...values: unknown[]): Query {
    const [first] = values;
    const place = first instanceof QueryDocumentSnapshot ? this.#placeOf(first) : this.#cursor(values);
    return this.#with({ startAt: { values: place, before: false } });
  }

  async get(): Promise<QuerySnapshot> {
    return (await this.run()).found;
  }

  async run(within: Within = {}): Promise<{ found: QuerySnapshot; transaction?: string }> {
    const { channel } = this.database;
    const rows = await channel.call('runQuery', this.#asked.parent, {
      structuredQuery: this.#toProto(),
      ...within,
    });
    const readTime = rows.findLast((row) => row['readTime'])?.['readTime'] as string;
    const docs = rows.flatMap((row) => {
      const document = row['document'] as StoredDocument | undefined;
      if (!document) return [];
      const path = document.name.slice(this.database.root.length + 1);
      const reference = new DocumentReference(this.database, path);
      return [new QueryDocumentSnapshot(reference, document, row['readTime'] as string)];
    });
    if (this.#asked.isLimitToLast) docs.reverse();
    return { found: { docs, readTime: Timestamp.parse(readTime) }, ...begunBy(rows) };
  }

  #with(change: Partial<Asked>): Query {
    return new Query(this.database, { ...this.#asked, ...change });
  }

  #cursor(values: readonly unknown[]): Value[] {
    return values.map((value, index) => {
      if (this.#asked.orderBy[index]?.field.isDocumentId !== true) return encodeValue(value);
      const { parent, collectionId } = this.#asked;
      return {
        referenceValue:
          value instanceof DocumentReference ? value.name : `${parent}/${collectionId}/${String(value)}`,
      };
    });
  }

  #placeOf(document: QueryDocumentSnapshot): Value[] {
    return this.#asked.orderBy.map(({ field }) =>
      field.isDocumentId
        ? { referenceValue: document.ref.name }
        : (document.rawField(field.name) ?? { nullValue: null }),
    );
  }

  #toProto(): object {
    const { collectionId, allDescendants, where, orderBy, limit, isLimitToLast, startAt, select } =
      this.#asked;
    const filters = where.map(({ field, operator, value }) => ({
      fieldFilter: {
        field: { fieldPath: String(new FieldPath(field)) },
        op: OPERATORS[operator],
        value: encodeValue(value),
      },
    }));
    const filter = filters.length > 1 ? { compositeFilter: { op: 'AND', filters } } : filters[0];
    const names =
      select?.length === 0 ? [FieldPath.documentId()] : select?.map((name) => new FieldPath(name));
    return {
      from: [{ collectionId, ...(allDescendants ? { allDescendants } : {}) }],
      ...(names ? { select: { fields: names.map((path) => ({ fieldPath: String(path) })) } } : {}),
      ...(filter ? { where: filter } : {}),
      ...(orderBy.length > 0
        ? {
            orderBy: orderBy.map(({ field, direction }) => ({
              field: { fieldPath: String(field) },
              direction: (direction === 'asc') === !isLimitToLast ? 'ASCENDING' : 'DESCENDING',
            })),
          }
        : {}),
      ...(startAt ? { startAt } : {}),
      ...(limit === undefined ? {} : { limit }),
    };
  }
}

export class CollectionReference extends Query {
  readonly path: string;

  constructor(database: Database, path: string) {
    const above = path.lastIndexOf('/');
    super(database, {
      parent: above === -1 ? database.root : `${database.root}/${path.slice(0, above)}`,
      collectionId: path.slice(above + 1),
      allDescendants: false,
      where: [],
      orderBy: [],
    });
    this.path = path;
  }

  doc(id: string): DocumentReference {
    return new DocumentReference(this.database, `${this.path}/${id}`);
  }

  /** The document that the collection belongs to. */
  get parent(): DocumentReference | undefined {
    const above = this.path.lastIndexOf('/');
    return above === -1 ? undefined : new DocumentReference(this.database, this.path.slice(0, above));
  }
}

/** All collections with this id, wherever they are. */
export function collectionGroup(database: Database, collectionId: string): Query {
  return new Query(database, {
    parent: database.root,
    collectionId,
    allDescendants: true,
    where: [],
    orderBy: [],
  });
}
