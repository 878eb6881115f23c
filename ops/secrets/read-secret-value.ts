import { open } from 'node:fs/promises';
import { CliError, EXIT } from '../base/cli-error.ts';

/** Secrets Manager's limit in bytes (SecretString of PutSecretValue). */
export const MAX_SECRET_BYTES = 65_536;

export interface SecretSource {
  /** File that holds the value; default: standard input. */
  file?: string;
  stdin: ReadableStream<Uint8Array>;
  /** A terminal would show what is typed. */
  isTerminal: boolean;
  /** Ends the wait for standard input; the result is rejected with its reason. */
  signal: AbortSignal;
}

/**
 * Reads a value from a file or standard input, never from an argument: arguments are visible in the process list and
 * the shell's history. Removes one line end after the value.
 */
export async function readSecretValue({ file, stdin, isTerminal, signal }: SecretSource): Promise<string> {
  if (file === undefined && isTerminal) {
    throw usage(
      'The value would be shown while it is typed.',
      'pipe it in, or name a file: lornu secrets set NAME --file PATH',
    );
  }
  const bytes = await (file === undefined
    ? collect(stdin.pipeThrough(new TransformStream(), { signal }))
    : readFile(file));
  if (bytes.byteLength > MAX_SECRET_BYTES) {
    throw usage(`It is longer than ${MAX_SECRET_BYTES} bytes.`, 'check that this is the right file');
  }
  const value = decode(bytes).replace(/\r?\n$/, '');
  if (value === '') throw usage('It is empty.', 'check what is piped in');
  return value;
}

async function collect(stdin: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    length += chunk.byteLength;
    // One byte more than allowed is enough to refuse it.
    if (length > MAX_SECRET_BYTES) break;
  }
  return Buffer.concat(chunks);
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    const handle = await open(path);
    try {
      const buffer = Buffer.alloc(MAX_SECRET_BYTES + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw usage(`The file "${path}" cannot be read.`, 'check the path', cause);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw usage('It is not text in UTF-8.', 'encode it, for example with base64', cause);
  }
}

function usage(why: string, next: string, cause?: unknown): CliError {
  return new CliError({
    what: 'The secret was not set.',
    why,
    next,
    exitCode: EXIT.usage,
    ...(cause === undefined ? {} : { cause }),
  });
}
