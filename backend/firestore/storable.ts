import { AppError } from '../errors/app-error.ts';

/** Limit for the combined names of nested fields. https://firebase.google.com/docs/firestore/quotas */
const LONGEST_PATH_BYTES = 1_500;
const RESERVED = /^__.*__$/s;
/** Firestore's integers have 64 bits. Its client truncates larger ones to their lowest 64 bits. */
const INTEGER_BITS = 64;

/**
 * One sentence on why Firestore cannot hold this value because of its keys, lists or integers; undefined if it can.
 * Does not check nesting and size: the caller knows the whole document.
 */
export function whyNotStorable(value: unknown, pathBytes = 0): string | undefined {
  if (typeof value === 'bigint' && BigInt.asIntN(INTEGER_BITS, value) !== value)
    return `The session store cannot hold an integer of more than ${INTEGER_BITS} bits.`;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.some((inner) => Array.isArray(inner)))
      return 'The session store cannot hold a list directly inside a list.';
    return firstOf(value, (inner) => whyNotStorable(inner, pathBytes));
  }
  return firstOf(Object.entries(value), ([key, inner]) => {
    if (key === '') return 'The session store cannot hold an empty key.';
    if (RESERVED.test(key))
      return 'The session store cannot hold a key that begins and ends with two underscores.';
    const bytes = pathBytes + Buffer.byteLength(key) + 1;
    if (bytes > LONGEST_PATH_BYTES)
      return `The session store cannot hold keys of more than ${LONGEST_PATH_BYTES} bytes, those around them counted in.`;
    return whyNotStorable(inner, bytes);
  });
}

/** Throws NOT_STORABLE with the reason, before anything is sent. */
export function assertStorable(value: unknown): void {
  const why = whyNotStorable(value);
  if (why !== undefined) throw new AppError('NOT_STORABLE', why);
}

/** Whether Firestore accepts this document id. If not, no such document can exist. */
export function isDocumentId(id: string): boolean {
  return /^(?!\.{1,2}$)[^/]+$/.test(id) && !RESERVED.test(id) && Buffer.byteLength(id) <= LONGEST_PATH_BYTES;
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
