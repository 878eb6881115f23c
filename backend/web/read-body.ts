import { AppError } from '../errors/app-error.ts';
import type { ByteBudget, Held } from '../identity/limits/byte-budget.ts';

export interface BodyLimits {
  maxBytes: number;
  timeoutMs: number;
}

/** The budget and the caller whose share a body counts against. */
export interface BodyShare {
  budget: ByteBudget;
  caller: string;
}

/**
 * Counts a body before it is read; call `release` when nothing holds it any more. Throws LIMIT_REACHED, BODY_TOO_LARGE.
 */
export function holdBody(request: Request, { maxBytes }: BodyLimits, { budget, caller }: BodyShare): Held {
  const declared = declaredBytes(request);
  if (declared > maxBytes) throw new AppError('BODY_TOO_LARGE');
  return budget.hold(caller, declared);
}

/**
 * Reads a complete request body, within a number of bytes and a time. `held` counts the bytes of a body without declared
 * length. Throws BODY_TOO_LARGE (without reading on), BODY_TIMEOUT or BODY_INCOMPLETE; slow bytes do not extend the time.
 */
export async function readBody(
  request: Request,
  limits: BodyLimits,
  held: Held | undefined,
): Promise<Uint8Array> {
  const declared = declaredBytes(request);
  if (declared > limits.maxBytes) throw new AppError('BODY_TOO_LARGE');
  // The server takes no more than the declared length; a stream is only needed if none was declared.
  if (declared > 0) return inTime(request.bytes(), limits);
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  try {
    return await inTime(collect(reader, limits.maxBytes, held), limits);
  } catch (error) {
    void reader.cancel().catch(() => undefined);
    throw error;
  }
}

async function inTime(body: Promise<Uint8Array>, { timeoutMs }: BodyLimits): Promise<Uint8Array> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('BODY_TIMEOUT')), timeoutMs);
  });
  try {
    return await Promise.race([body, late]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('BODY_INCOMPLETE', undefined, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function collect(
  reader: Pick<ReadableStreamDefaultReader<Uint8Array>, 'read'>,
  maxBytes: number,
  held: Held | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) throw new AppError('BODY_TOO_LARGE');
    held?.grow(value.byteLength);
    chunks.push(value);
  }
  if (chunks.length === 1 && chunks[0]) return chunks[0];
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

function declaredBytes({ headers }: Request): number {
  return Number(headers.get('content-length') ?? 0);
}
