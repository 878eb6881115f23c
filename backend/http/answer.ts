const JSON_HEADERS = { 'content-type': 'application/json' };

/** A 200 answer whose JSON text exists already, so that it is not parsed and printed again. */
export function jsonText(text: string, status = 200): Response {
  return new Response(text, { status, headers: JSON_HEADERS });
}

/** What Python's routes without a result answer: the JSON text null. */
export function nullAnswer(): Response {
  return jsonText('null');
}
