import { status } from '@grpc/grpc-js';
import { assertWithinLimits } from './limits.ts';
import { RpcError } from './rpc-error.ts';
import type { Fields, Timestamp, Value } from './value.ts';

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

/** All documents of all databases, by full name. Changed only by `commit`, which is atomic. */
export class Documents {
  readonly #documents = new Map<string, StoredDocument>();
  /** Grows with each write of a name, deletes too: what a transaction has read is still so while this is the same. */
  readonly #versions = new Map<string, number>();
  #lastMicros = 0;

  get(name: string): StoredDocument | undefined {
    return this.#documents.get(name);
  }

  all(): Iterable<StoredDocument> {
    return this.#documents.values();
  }

  versionOf(name: string): number {
    return this.#versions.get(name) ?? 0;
  }

  /** A time later than every one given before, to the microsecond as Firestore's own. */
  now(): Timestamp {
    this.#lastMicros = Math.max(Date.now() * 1000, this.#lastMicros + 1);
    return {
      seconds: String(Math.floor(this.#lastMicros / 1e6)),
      nanos: (this.#lastMicros % 1e6) * 1000,
    };
  }

  /** Applies all writes or, where one is refused, none. */
  commit(writes: readonly Write[]): Timestamp {
    const time = this.now();
    const changed = new Map<string, StoredDocument | undefined>();
    for (const write of writes) {
      const name = write.update?.name ?? write.delete;
      if (!name) throw new RpcError(status.UNIMPLEMENTED, 'The stand-in knows updates and deletes only.');
      const before = changed.has(name) ? changed.get(name) : this.#documents.get(name);
      assertPrecondition(write, name, before);
      const after = write.update ? applied(write, name, before, time) : undefined;
      if (after) assertWithinLimits(name, after.fields);
      changed.set(name, after);
    }
    for (const [name, document] of changed) {
      if (document) this.#documents.set(name, document);
      else this.#documents.delete(name);
      this.#versions.set(name, this.versionOf(name) + 1);
    }
    return time;
  }
}

function assertPrecondition(write: Write, name: string, before: StoredDocument | undefined): void {
  const { exists, updateTime } = write.currentDocument ?? {};
  if (exists === true && !before) throw new RpcError(status.NOT_FOUND, `No document to update: ${name}`);
  if (exists === false && before)
    throw new RpcError(status.ALREADY_EXISTS, `Document already exists: ${name}`);
  if (updateTime && JSON.stringify(updateTime) !== JSON.stringify(before?.updateTime))
    throw new RpcError(status.FAILED_PRECONDITION, 'the stored version does not match the required one');
}

function applied(
  { update, updateMask, updateTransforms = [] }: Write,
  name: string,
  before: StoredDocument | undefined,
  time: Timestamp,
): StoredDocument {
  const given = update?.fields ?? {};
  let fields = given;
  if (updateMask) {
    fields = { ...before?.fields };
    for (const path of updateMask.fieldPaths ?? []) setPath(fields, segmentsOf(path), given);
  } else fields = { ...given };
  for (const { fieldPath, setToServerValue } of updateTransforms) {
    if (setToServerValue !== 'REQUEST_TIME')
      throw new RpcError(status.UNIMPLEMENTED, 'The stand-in knows the transform REQUEST_TIME only.');
    fields[fieldPath] = { timestampValue: time };
  }
  return { name, fields, createTime: before?.createTime ?? time, updateTime: time };
}

/** Copies one masked field; absent in what was given means deleted. */
function setPath(target: Fields, [first = '', ...rest]: string[], given: Fields): void {
  const value: Value | undefined = given[first];
  if (rest.length > 0) {
    const inner = { ...target[first]?.mapValue?.fields };
    setPath(inner, rest, value?.mapValue?.fields ?? {});
    target[first] = { mapValue: { fields: inner } };
  } else if (value) target[first] = value;
  else delete target[first];
}

/** `a.b` and "`odd name`.b". */
function segmentsOf(path: string): string[] {
  return [...path.matchAll(/`((?:[^`\\]|\\.)*)`|([^.]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '',
  );
}
