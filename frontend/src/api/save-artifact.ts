import type { ArtifactFolder } from './artifacts.ts';
import { asProblem, toProblem } from './problem.ts';
import type { InlineData } from './types.ts';

export interface SaveOptions {
  signal: AbortSignal;
  /** Called with the bytes of the request that have been sent, and all of them. */
  onProgress: (sent: number, all: number) => void;
}

/** Saves a file as the next version of an artifact; returns its number. Throws a Problem. */
export async function saveArtifact(
  { path }: ArtifactFolder,
  filename: string,
  { mimeType, data = '', displayName }: InlineData,
  { signal, onProgress }: SaveOptions,
): Promise<number> {
  const json = JSON.stringify({ filename, artifact: { inlineData: { mimeType, displayName, data: '' } } });
  const end = '"}}}';
  // In pieces: base64 needs no escapes, and JSON.stringify would block the page.
  const body = new Blob([json.slice(0, -end.length), data, end], { type: 'application/json' });
  const response = await post(path, body, signal, onProgress);
  if (!response.ok) throw await toProblem(response);
  const { version } = (await response.json()) as { version: number };
  return version;
}

/** fetch does not say how much of a body has been sent. */
async function post(
  path: string,
  body: Blob,
  signal: AbortSignal,
  onProgress: SaveOptions['onProgress'],
): Promise<Response> {
  const request = new XMLHttpRequest();
  const abort = (): void => request.abort();
  signal.addEventListener('abort', abort);
  try {
    return await new Promise<Response>((resolve, reject) => {
      const lose = (): void => reject(asProblem(new Error('The upload was cut.')));
      request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded, total));
      request.addEventListener('load', () => resolve(toResponse(request)));
      request.addEventListener('error', lose);
      request.addEventListener('abort', lose);
      request.open('POST', path);
      request.send(body);
      if (signal.aborted) abort();
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function toResponse(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/u)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return new Response(request.responseText, { status: request.status, headers });
}
