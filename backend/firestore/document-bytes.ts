import { AppError } from '../errors/app-error.ts';

/**
 * Firestore's limit for a document, including its name and fields. https://firebase.google.com/docs/firestore/quotas
 */
const MAX_BYTES = 1024 * 1024;
/** Reserved for the longest accepted names and for the fields beside the large one. */
const ROOM_FOR_REST = 4 * 1024;

/** Throws NOT_STORABLE, before anything is sent, if the document would be too large. */
export function assertEventFits(event: unknown): void {
  const bytes = documentBytes(event);
  if (bytes <= MAX_BYTES - ROOM_FOR_REST) return;
  const detail = `The event is too large for the session store: ${bytes} bytes, and a document holds ${MAX_BYTES - ROOM_FOR_REST}.`;
  throw new AppError('NOT_STORABLE', detail);
}

/** Size in bytes, by Firestore's rules. https://firebase.google.com/docs/firestore/storage-size */
export function documentBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 1;
  if (typeof value === 'number' || typeof value === 'bigint') return 8;
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, inner) => sum + documentBytes(inner), 0);
  let sum = 0;
  for (const key of Object.keys(value))
    sum += Buffer.byteLength(key) + 1 + documentBytes((value as Record<string, unknown>)[key]);
  return sum;
}
