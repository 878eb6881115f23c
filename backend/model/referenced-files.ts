import type { Content, FileData, Part } from '@google/genai';
import { ARTIFACT_SCHEME, type OpenFile } from '../adk/turn-scope.ts';
import { AppError } from '../errors/app-error.ts';

/**
 * Most bytes of files in one request, the same as in gcp-agent: base64 makes them 18.7 MB, and 20 MB is what google-adk
 * and Vertex send inline (Gemini's API takes 100 MB since January 2026).
 */
export const MAX_FILE_BYTES = 14_000_000;
/** The most requests with files at the same time. Each uses up to 60 MB of memory until the model begins to answer. */
const AT_ONCE = 2;

/** Contents with their files in memory. `release` frees the slot. */
export interface HeldContents {
  contents: Content[];
  release: () => void;
}

/**
 * Replaces references to artifacts in a request by the bytes of the files (docs/storage.md). Models cannot read our
 * URIs, and would refuse a remaining one in every later turn. The newest files come first. A file that exceeds the size
 * limit, no longer exists, or belongs to another session becomes a sentence. Does not change its arguments. Throws
 * ARTIFACTS_UNAVAILABLE.
 */
export async function withFiles(contents: Content[], open: OpenFile | undefined): Promise<HeldContents> {
  if (!contents.some(({ parts }) => parts?.some(isReference))) return { contents, release: () => undefined };
  const free = await slot();
  try {
    const held: HeldContents = {
      contents: await resolve(contents, open),
      release: () => {
        held.contents = [];
        free();
      },
    };
    return held;
  } catch (error) {
    free();
    throw error;
  }
}

async function resolve(contents: readonly Content[], open: OpenFile | undefined): Promise<Content[]> {
  let room = MAX_FILE_BYTES;
  const resolved = [...contents];
  for (const [at, { parts = [], ...content }] of [...contents.entries()].toReversed()) {
    if (!parts.some(({ inlineData, fileData }) => inlineData ?? fileData)) continue;
    const read: Part[] = [];
    for (const part of parts.toReversed()) {
      // Newer files have priority.
      const next = isReference(part) ? await readFile(part.fileData, open, room) : part;
      room -= bytesOf(next);
      read.unshift(next);
    }
    resolved[at] = { ...content, parts: read };
  }
  return resolved;
}

async function readFile(file: FileData, open: OpenFile | undefined, room: number): Promise<Part> {
  const name = JSON.stringify(file.displayName ?? file.fileUri?.split('/').at(-3) ?? 'file');
  const found = await opened(file, open);
  if (!found) return { text: `[The file ${name} is not stored in this conversation any more.]` };
  if ('fileData' in found) return found;
  if (found.size > room) {
    await found.stream.cancel();
    return { text: `[The file ${name} was left out: newer files fill this request.]` };
  }
  const bytes = Buffer.from(await new Response(found.stream).arrayBuffer());
  if (found.isText) return { text: bytes.toString() };
  return { inlineData: { mimeType: file.mimeType ?? found.mimeType ?? '', data: bytes.toString('base64') } };
}

async function opened({ fileUri = '' }: FileData, open: OpenFile | undefined) {
  try {
    return await open?.(fileUri);
  } catch (error) {
    // The URI belongs to another session, or does not have ADK's form.
    if (error instanceof AppError && error.code === 'BAD_REQUEST') return undefined;
    throw error;
  }
}

function isReference(part: Part): part is Part & { fileData: FileData } {
  return part.fileData?.fileUri?.startsWith(ARTIFACT_SCHEME) ?? false;
}

const bytesOf = ({ inlineData, text }: Part): number =>
  inlineData ? Math.floor(((inlineData.data?.length ?? 0) * 3) / 4) : (text?.length ?? 0);

let taken = 0;
const waiting: (() => void)[] = [];

/** Waits for a slot. Returns a function that frees it; calling it more than once is safe. */
async function slot(): Promise<() => void> {
  if (taken >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
  else taken++;
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    const next = waiting.shift();
    if (next) next();
    else taken--;
  };
}
