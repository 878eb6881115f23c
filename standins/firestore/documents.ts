import { status } from '@grpc/grpc-js';
import { getPath, segmentsOf, setPath } from './field-path.ts';
import type { Indexes } from './indexes.ts';
import { assertDocumentSize, assertFieldsToWrite, assertTransactionSize, bytesOfDocument } from './limits.ts';
import { RpcError } from './rpc-error.ts';
import type { Fields, Timestamp } from './value.ts';

export interface StoredDocument {
  name: string;
  fields: Fields;
  createTime: Timestamp;
  updateTime: Timestamp;
}

export interface Write {
  update?: { name: string; fields?: Fields };
  delete?: string;
  updateMask?: { fieldPaths?: string[] };
  updateTransforms?: { fieldPath: string; setToServerValue?: string }[];
  currentDocument?: { exists?: boolean; updateTime?: Timestamp };
}

export interface Committed {
  commitTime: Timestamp;
  writeResults: { updateTime?: Timestamp; transformResults?: { timestampValue: Timestamp }[] }[];
}

/** All documents of all databases, by full name. Only changed by `commit`, which is atomic. */
export class Documents {
  readonly #documents = new Map<string, StoredDocument>();
  /** The same documents by their collection's path: a query reads one collection, not everything. */
  readonly #collections = new Map<string, Map<string, StoredDocument>>();
  /**
   * Increases with each change of a document, including deletes: a transaction's reads are valid while this is
   * unchanged.
   */
  readonly #versions = new Map<string, number>();
  readonly #indexes: Indexes;
  #lastMicros = 0;

  constructor(indexes: Indexes) {
    this.#indexes = indexes;
  }

  get(name: string): StoredDocument | undefined {
    return this.#documents.get(name);
  }

  all(): Iterable<StoredDocument> {
    return this.#documents.values();
  }

  /** The documents directly in a collection. */
  in(collection: string): Iterable<StoredDocument> {
    return this.#collections.get(collection)?.values() ?? [];
  }

  versionOf(name: string): number {
    return this.#versions.get(name) ?? 0;
  }

  /** A time later than all earlier ones, in microseconds like Firestore's own. */
  now(): Timestamp {
    this.#lastMicros = Math.max(Date.now() * 1000, this.#lastMicros + 1);
    return {
      seconds: String(Math.floor(this.#lastMicros / 1e6)),
      nanos: (this.#lastMicros % 1e6) * 1000,
    };
  }

  /** Applies all writes, or none if one is refused. */
  commit(writes: readonly Write[]): Committed {
    const commitTime = this.now();
    const changed = new Map<string, StoredDocument | undefined>();
    let bytes = 0;
    const writeResults = writes.map((write) => {
      const name = write.update?.name ?? write.delete;
      if (!name) throw new RpcError(status.UNIMPLEMENTED, 'The stand-in knows updates and deletes only.');
      const before = changed.has(name) ? changed.get(name) : this.#documents.get(name);
      if (write.update?.fields) assertFieldsToWrite(write.update.fields);
      assertPrecondition(write, name, before);
      const after = write.update ? applied(write, name, before, commitTime) : undefined;
      if (after) bytes += assertDocumentSize(name, after.fields) + this.#indexes.assertFewEntries(after);
      else if (before) bytes += bytesOfDocument(name, before.fields) + this.#indexes.bytesOf(before);
      changed.set(name, after);
      return after ? resultOf(write, after, commitTime) : {};
    });
    assertTransactionSize(bytes);
    for (const [name, document] of changed) {
      if (document === this.#documents.get(name)) continue;
      this.#put(name, document);
      this.#versions.set(name, this.versionOf(name) + 1);
    }
    return { commitTime, writeResults };
  }

  #put(name: string, document: StoredDocument | undefined): void {
    const path = name.slice(0, name.lastIndexOf('/'));
    const collection = this.#collections.get(path) ?? new Map<string, StoredDocument>();
    if (document) {
      this.#documents.set(name, document);
      this.#collections.set(path, collection.set(name, document));
    } else {
      this.#documents.delete(name);
      collection.delete(name);
      if (collection.size === 0) this.#collections.delete(path);
    }
  }
}

function assertPrecondition(write: Write, name: string, before: StoredDocument | undefined): void {
  const { exists, updateTime } = write.currentDocument ?? {};
  if (exists === true && !before) throw new RpcError(status.NOT_FOUND, `No document to update: ${name}`);
  if (exists === false && before)
    throw new RpcError(status.ALREADY_EXISTS, `Document already exists: ${name}`);
  if (updateTime && !isSameTime(updateTime, before?.updateTime))
    throw new RpcError(status.FAILED_PRECONDITION, 'the stored version does not match the required one');
}

const isSameTime = (a: Timestamp, b: Timestamp | undefined): boolean =>
  a.seconds === b?.seconds && (a.nanos ?? 0) === (b?.nanos ?? 0);

/** The document after the write; the same object if nothing changed, so that its updateTime stays. */
function applied(
  { update, updateMask, updateTransforms = [] }: Write,
  name: string,
  before: StoredDocument | undefined,
  time: Timestamp,
): StoredDocument {
  const given = update?.fields ?? {};
  let fields: Fields = { ...given };
  if (updateMask) {
    fields = { ...before?.fields };
    for (const path of updateMask.fieldPaths ?? []) {
      const segments = segmentsOf(path);
      setPath(fields, segments, getPath(given, segments));
    }
  }
  for (const { fieldPath, setToServerValue } of updateTransforms) {
    if (setToServerValue !== 'REQUEST_TIME')
      throw new RpcError(status.UNIMPLEMENTED, 'The stand-in knows the transform REQUEST_TIME only.');
    setPath(fields, segmentsOf(fieldPath), { timestampValue: inMilliseconds(time) });
  }
  if (before && Bun.deepEquals(before.fields, fields)) return before;
  return { name, fields, createTime: before?.createTime ?? time, updateTime: time };
}

function resultOf(
  { updateTransforms = [] }: Write,
  { updateTime }: StoredDocument,
  time: Timestamp,
): Committed['writeResults'][number] {
  if (updateTransforms.length === 0) return { updateTime };
  const transformResults = updateTransforms.map(() => ({ timestampValue: inMilliseconds(time) }));
  return { updateTime, transformResults };
}

/** REQUEST_TIME has milliseconds, so two requests may have the same: google.firestore.v1.DocumentTransform. */
const inMilliseconds = ({ seconds, nanos = 0 }: Timestamp): Timestamp => ({
  ...(seconds === undefined ? {} : { seconds }),
  nanos: nanos - (nanos % 1e6),
});
