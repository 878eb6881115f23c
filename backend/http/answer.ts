import type { Held } from '../identity/limits/byte-budget.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** A 200 answer whose JSON text exists already, so that it is not parsed and printed again. */
export function jsonText(text: string, status = 200): Response {
  return new Response(text, { status, headers: JSON_HEADERS });
}

/** What Python's routes without a result answer: the JSON text null. */
export function nullAnswer(): Response {
  return jsonText('null');
}

const SLICE_CHARS = 64 * 1024;
const encoder = new TextEncoder();

/** A 200 answer of JSON text that may be long: it counts until its reader has taken all of it or has left. */
export function heldJson(text: string, held: Held): Response {
  if (text.length <= SLICE_CHARS) {
    held.release();
    return jsonText(text);
  }
  let at = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(out) {
        let end = at + SLICE_CHARS;
        // A pair of surrogates is one character.
        if (/[\uD800-\uDBFF]/.test(text[end - 1] ?? '')) end++;
        out.enqueue(encoder.encode(text.slice(at, end)));
        at = end;
        if (at < text.length) return;
        held.release();
        out.close();
      },
      cancel: () => held.release(),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: JSON_HEADERS });
}
