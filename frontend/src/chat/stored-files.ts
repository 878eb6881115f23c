import { artifactsFolder, getArtifact } from '../api/artifacts.ts';
import { artifactUris, readArtifactUri } from '../api/artifact-uri.ts';
import type { SessionKey } from '../api/run.ts';
import { saveArtifact } from '../api/save-artifact.ts';
import type { AdkEvent, InlineData, Part } from '../api/types.ts';
import { toBase64 } from '../util/base64.ts';

/**
 * The most bytes of files inside a message. base64 makes them a third larger, and Firestore stores an event in one
 * document of at most 1 MiB (docs/storage.md). Larger files are stored as artifacts.
 */
export const INLINE_BYTES = 700_000;

/** The upload progress of a message's files, in bytes of the requests. */
export interface UploadProgress {
  name: string;
  sent: number;
  all: number;
}

interface StoreOptions {
  signal: AbortSignal;
  /** Called without an argument when no upload is running any more. */
  onProgress?: (progress?: UploadProgress) => void;
  /** Bytes of files that may stay in the message. */
  inlineBytes?: number;
}

/**
 * Prepares the parts of a message. Files that are too large for the message, or belong to another session, are first
 * stored in this session. If it throws a Problem, the message was not sent.
 */
export async function storeFiles(
  key: SessionKey,
  parts: readonly Part[],
  { signal, onProgress = () => undefined, inlineBytes = INLINE_BYTES }: StoreOptions,
): Promise<Part[]> {
  let room = inlineBytes;
  const stored: Part[] = [];
  for (const part of parts) {
    const file = part.inlineData ?? (await foreignFile(key, part));
    const bytes = bytesOf(file);
    if (!file || (part.inlineData && bytes <= room)) {
      room -= bytes;
      stored.push(part);
      continue;
    }
    const name = file.displayName ?? 'file';
    const filename = toArtifactName(name);
    const progress = (sent: number, all: number): void => onProgress({ name, sent, all });
    progress(0, 1);
    const folder = artifactsFolder(key.owner, key.sessionId);
    const version = await saveArtifact(folder, filename, file, { signal, onProgress: progress }).finally(() =>
      onProgress(),
    );
    const fileUri = `${artifactUris(key.owner, key.sessionId)}${filename}/versions/${version}`;
    stored.push({ fileData: { fileUri, mimeType: file.mimeType ?? '', displayName: name } });
  }
  return stored;
}

/** The events of a session with the bytes of the referenced files, for an export that needs no other files. */
export async function withFilesInline(
  { owner, sessionId }: SessionKey,
  events: readonly AdkEvent[],
): Promise<AdkEvent[]> {
  const carried: AdkEvent[] = [];
  for (const event of events) {
    const parts: Part[] = [];
    for (const part of event.content?.parts ?? []) {
      const place = readArtifactUri(part.fileData?.fileUri ?? '', owner);
      const file = place?.sessionId === sessionId ? await readFile({ owner, sessionId }, part) : undefined;
      parts.push(file ? { inlineData: file } : part);
    }
    carried.push(event.content ? { ...event, content: { ...event.content, parts } } : event);
  }
  return carried;
}

/** A file of another session of this person, in a message that was edited into a copy of the conversation. */
async function foreignFile(key: SessionKey, part: Part): Promise<InlineData | undefined> {
  const place = readArtifactUri(part.fileData?.fileUri ?? '', key.owner);
  return place && place.sessionId !== key.sessionId ? readFile(key, part) : undefined;
}

async function readFile({ owner }: SessionKey, { fileData = {} }: Part): Promise<InlineData | undefined> {
  const place = readArtifactUri(fileData.fileUri ?? '', owner);
  if (!place) return undefined;
  const folder = artifactsFolder(owner, place.sessionId);
  const { mimeType, bytes } = await getArtifact(folder, place.filename, place.version);
  const displayName = fileData.displayName ?? place.filename;
  return { mimeType: fileData.mimeType ?? mimeType, data: toBase64(bytes), displayName };
}

const bytesOf = (file: InlineData | undefined): number => Math.floor(((file?.data?.length ?? 0) * 3) / 4);

/** Converts a file name to a valid artifact name (backend/artifacts/artifact-names.ts has the rules). */
export function toArtifactName(name: string): string {
  const safe = name
    .replaceAll(/[\p{Cc}/:\\]/gu, '_')
    .slice(0, 60)
    .toWellFormed()
    .trim();
  return /^(?:\.{0,2}|versions)$/u.test(safe) ? `_${safe}` : safe;
}
