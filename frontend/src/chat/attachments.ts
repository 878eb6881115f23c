import { Problem } from '../api/problem.ts';
import type { Part } from '../api/types.ts';
import { toSize } from '../util/format.ts';
import { own } from '../util/own.ts';
import { toBase64 } from '../util/base64.ts';
import { shrinkPicture } from '../util/shrink-picture.ts';

/** A file of the next message. */
export interface Attachment {
  key: string;
  name: string;
  mimeType: string;
  /** 0 if the service already has the file, from a message that was withdrawn. */
  bytes: number;
  part: Part;
}

/** Limit for all files of one message: as much as both agents put into one request (docs/storage.md). */
export const MAX_BYTES = 14_000_000;
export const MAX_FILES = 10;
/** Shown before a file is chosen. */
export const LIMITS = `Pictures, PDF, audio and text: up to ${MAX_FILES} files with ${toSize(MAX_BYTES)} together.`;

/** A picture that has to be converted or shrunk: the model itself scales larger ones down. */
const CONVERTED_BYTES = 2_000_000;

/** Types that Gemini reads directly (ai.google.dev/gemini-api/docs, image, document and audio understanding). */
const READ_AS_IS =
  /^(?:image\/(?:png|jpeg|webp)|application\/pdf|audio\/(?:wav|mp3|mpeg|aiff|aac|ogg|flac))$/u;
const SAME_AS: Readonly<Record<string, string>> = {
  'audio/x-wav': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-flac': 'audio/flac',
  'audio/x-aiff': 'audio/aiff',
  'application/ogg': 'audio/ogg',
};

/** Reads a file for a message; a picture is shrunk to `room` bytes. Throws a Problem with what can be done. */
export async function readAttachment(file: File, room: number): Promise<Attachment> {
  const type = file.type.split(';')[0]?.trim().toLowerCase() ?? '';
  const known = own(SAME_AS, type) ?? type;
  const isPicture = known.startsWith('image/') && known !== 'image/svg+xml';
  if (isPicture && !(READ_AS_IS.test(known) && file.size <= room)) {
    const smaller = await shrinkPicture(file, Math.min(room, CONVERTED_BYTES));
    if (smaller) return toAttachment(file.name, 'image/jpeg', await readBytes(file.name, smaller));
    if (!READ_AS_IS.test(known)) throw cannotRead(file.name);
  }
  if (file.size > room) throw tooLarge(file);
  const bytes = await readBytes(file.name, file);
  if (READ_AS_IS.test(known)) return toAttachment(file.name, known, bytes);
  if (!isText(bytes)) throw cannotRead(file.name);
  return toAttachment(file.name, known.startsWith('text/') ? known : 'text/plain', bytes);
}

/** The files among the parts of a message that was taken back. */
export function attachmentsOf(parts: readonly Part[]): Attachment[] {
  return parts.flatMap((part) => {
    const file = part.inlineData ?? part.fileData;
    if (!file) return [];
    const { displayName: name = 'File', mimeType = '' } = file;
    const bytes = Math.floor(((part.inlineData?.data?.length ?? 0) * 3) / 4);
    return { key: crypto.randomUUID(), name, mimeType, bytes, part };
  });
}

export const bytesOf = (attachments: readonly Attachment[]): number =>
  attachments.reduce((sum, { bytes }) => sum + bytes, 0);

function toAttachment(name: string, mimeType: string, bytes: Uint8Array): Attachment {
  const inlineData = { mimeType, data: toBase64(bytes), displayName: name };
  return { key: crypto.randomUUID(), name, mimeType, bytes: bytes.length, part: { inlineData } };
}

async function readBytes(name: string, file: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    // A folder, or a file that was deleted meanwhile.
    throw new Problem(0, `“${name}” cannot be read.`, 'Choose the file again.', { cause });
  }
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0');
  } catch {
    return false;
  }
}

const cannotRead = (name: string): Problem =>
  new Problem(0, `The model cannot read “${name}”.`, 'It reads pictures, PDF, audio and text.');

const tooLarge = ({ name, size }: File): Problem =>
  new Problem(
    0,
    `“${name}” is too large: ${toSize(size)}.`,
    `The files of one message have ${toSize(MAX_BYTES)} together.`,
  );

/** Adds files in order, each with the room that is left; reports those that cannot be added. */
export async function addFiles(
  files: readonly File[],
  current: () => readonly Attachment[],
  add: (attachment: Attachment) => void,
  onProblem: (problem: unknown) => void,
): Promise<void> {
  for (const file of files) {
    const before = current();
    if (before.length >= MAX_FILES) {
      onProblem(
        new Problem(0, `“${file.name}” was not added.`, `A message takes ${MAX_FILES} files at most.`),
      );
      return;
    }
    try {
      // How much room there is depends on the one before.
      add(await readAttachment(file, MAX_BYTES - bytesOf(before)));
    } catch (error) {
      onProblem(error);
    }
  }
}
