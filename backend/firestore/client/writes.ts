import { FieldPath, FieldValue, Timestamp } from './special-values.ts';
import { encodeFields, type DocumentData, type Fields } from './values.ts';

/** https://cloud.google.com/firestore/docs/reference/rest/v1/Write */
export interface Write {
  update?: { name: string; fields: Fields };
  delete?: string;
  updateMask?: { fieldPaths: string[] };
  updateTransforms?: { fieldPath: string; setToServerValue: 'REQUEST_TIME' }[];
  currentDocument?: { exists: boolean } | { updateTime: string };
}

export interface SetOptions {
  /** Replaces only these fields, and creates the document if there is none. */
  mergeFields?: readonly FieldPath[];
}

export interface Precondition {
  /** Refuses the write if the document has changed since. */
  lastUpdateTime?: Timestamp;
}

const pathOf = (key: string): string => String(new FieldPath(key));

export function setWrite(name: string, data: DocumentData, { mergeFields }: SetOptions = {}): Write {
  return {
    update: { name, fields: encodeFields(data) },
    ...(mergeFields ? { updateMask: { fieldPaths: mergeFields.map(String) } } : {}),
    ...transformsOf(data),
  };
}

export function createWrite(name: string, data: DocumentData): Write {
  return { ...setWrite(name, data), currentDocument: { exists: false } };
}

/** Replaces the given fields of an existing document. */
export function updateWrite(name: string, data: DocumentData, precondition: Precondition = {}): Write {
  const changed = Object.keys(data).filter((key) => data[key] !== FieldValue.serverTimestamp());
  return {
    update: { name, fields: encodeFields(data) },
    updateMask: { fieldPaths: changed.map(pathOf) },
    ...transformsOf(data),
    ...(conditionOf(precondition) ?? { currentDocument: { exists: true } }),
  };
}

export function deleteWrite(name: string, precondition: Precondition = {}): Write {
  return { delete: name, ...conditionOf(precondition) };
}

function conditionOf({ lastUpdateTime }: Precondition): Pick<Write, 'currentDocument'> | undefined {
  return lastUpdateTime && { currentDocument: { updateTime: String(lastUpdateTime) } };
}

function transformsOf(data: DocumentData): Pick<Write, 'updateTransforms'> {
  const updateTransforms = Object.keys(data)
    .filter((key) => data[key] === FieldValue.serverTimestamp())
    .map((key) => ({ fieldPath: pathOf(key), setToServerValue: 'REQUEST_TIME' as const }));
  return updateTransforms.length > 0 ? { updateTransforms } : {};
}
