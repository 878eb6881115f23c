import { parseJson } from '../json/parse-json.ts';

/**
 * A value as Firestore and other readers of UTF-8 can hold it: what JSON cannot hold (functions, undefined, class
 * instances) becomes what JSON makes of it, and half a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD.
 */
export function plain(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : parseJson(text);
}
