import type { QueryDocumentSnapshot } from '../../firestore/client/references.ts';
import type { Timestamp } from '../../firestore/client/special-values.ts';
import type { DocumentData } from '../../firestore/client/values.ts';
import type { Frame } from '../run.ts';

export interface FrameDocument {
  name: string;
  data: DocumentData;
}

/** UTF-16 units in one document: at most three bytes each, so that a document stays below Firestore's 1 MiB. */
const LONGEST_TEXT = 250_000;
/** Documents per commit: Firestore takes 10 MiB. */
const LARGEST_COMMIT = 10;

/**
 * Stores frames as documents: the JSON texts of a batch, one per line. A document is named by the index of its last
 * frame, so all frames from an index on are in the documents whose names begin there. A frame too large for one
 * document is split.
 */
export function toDocuments(frames: readonly Frame[], expireTime: Timestamp): FrameDocument[] {
  return batchesOf(frames).flatMap((batch) => {
    const [first, last] = [batch[0]!, batch.at(-1)!];
    const parts = cut(batch.map(({ json }) => json).join('\n'));
    return parts.map((lines, part) => ({
      name: nameOf(last.index, part),
      data: { first: first.index, kind: first.kind, parts: parts.length, lines, expireTime },
    }));
  });
}

/** Groups of documents that fit into one commit. */
export function commitsOf(documents: readonly FrameDocument[]): FrameDocument[][] {
  const commits: FrameDocument[][] = [];
  for (let from = 0; from < documents.length; from += LARGEST_COMMIT)
    commits.push(documents.slice(from, from + LARGEST_COMMIT));
  return commits;
}

/** Documents with an earlier name hold no frame of this index or later. */
export function firstName(fromIndex: number): string {
  return nameOf(Math.min(Math.max(0, fromIndex), 999_999_999), 0);
}

/** The index of the last frame in a document, by its name. */
export function lastIndex(name: string): number {
  return Number(name.split('-')[0]);
}

/**
 * The frames from `fromIndex` on, each once: a batch whose response was lost may be stored again as part of a larger
 * one.
 */
export function readFrames(documents: readonly QueryDocumentSnapshot[], fromIndex: number): Frame[] {
  const frames: Frame[] = [];
  let next = fromIndex;
  let text = '';
  for (const document of documents) {
    const part = Number(document.id.split('-')[1]);
    text = (part === 0 ? '' : text) + document.get('lines');
    if (part < document.get('parts') - 1) continue;
    const [first, kind] = [
      document.get('first'),
      document.get('kind') === 'error' ? 'error' : 'event',
    ] as const;
    for (const [offset, json] of text.split('\n').entries()) {
      if (first + offset < next) continue;
      next = first + offset;
      frames.push({ index: next++, kind, json });
    }
  }
  return frames;
}

/** Batches of one kind, with consecutive indexes and a limited length. */
function batchesOf(frames: readonly Frame[]): Frame[][] {
  const batches: Frame[][] = [];
  let length = 0;
  for (const frame of frames) {
    const batch = batches.at(-1);
    const last = batch?.at(-1);
    const fits = last?.kind === frame.kind && last.index + 1 === frame.index;
    if (batch && fits && length + frame.json.length < LONGEST_TEXT) batch.push(frame);
    else {
      batches.push([frame]);
      length = 0;
    }
    length += frame.json.length + 1;
  }
  return batches;
}

function cut(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  do {
    let to = from + LONGEST_TEXT;
    // Half a surrogate pair cannot be written as UTF-8.
    if (/[\uD800-\uDBFF]/.test(text[to - 1] ?? '')) to--;
    parts.push(text.slice(from, to));
    from = to;
  } while (from < text.length);
  return parts;
}

const nameOf = (index: number, part: number): string =>
  `${String(index).padStart(9, '0')}-${String(part).padStart(4, '0')}`;
