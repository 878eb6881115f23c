import type { Held } from '../identity/limits/byte-budget.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** A response from existing JSON text, so that it is not parsed and printed again. */
export function jsonText(text: string, status = 200): Response {
  return new Response(text, { status, headers: JSON_HEADERS });
}

/** The response of Python routes without a result: the JSON text null. */
export function nullAnswer(): Response {
  return jsonText('null');
}

const SLICE_CHARS = 64 * 1024;
const encoder = new TextEncoder();

/**
 * A 200 response of JSON text that may be long, made as it is read. Its bytes count against the budget until the reader
 * has taken all of it or disconnects.
 */
export function heldJson(pieces: Iterable<string>, held: Held): Response {
  const slices = slicesOf(pieces);
  const first = slices.next();
  const second = first.done ? first : slices.next();
  if (second.done) {
    held.release();
    return jsonText(first.value ?? '');
  }
  const waiting = [first.value ?? '', second.value];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(out) {
        try {
          const slice = waiting.shift() ?? slices.next().value;
          if (slice !== undefined) return out.enqueue(encoder.encode(slice));
          out.close();
        } catch (error) {
          out.error(error);
        }
        held.release();
      },
      cancel: () => held.release(),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers: JSON_HEADERS });
}

/** The same text in slices of equal size; the last one may be smaller. */
function* slicesOf(pieces: Iterable<string>): Generator<string, undefined, undefined> {
  let rest = '';
  for (const piece of pieces) {
    rest += piece;
    let at = 0;
    while (rest.length - at > SLICE_CHARS) {
      let end = at + SLICE_CHARS;
      // Keep surrogate pairs together.
      if (/[\uD800-\uDBFF]/.test(rest[end - 1] ?? '')) end++;
      yield rest.slice(at, end);
      at = end;
    }
    rest = rest.slice(at);
  }
  if (rest !== '') yield rest;
  return undefined;
}
