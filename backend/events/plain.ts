import { parseJson } from '../json/parse-json.ts';

/**
 * Makes a value storable in Firestore and readable as UTF-8: values that JSON cannot hold (functions, undefined, class
 * instances) are converted as JSON.stringify does, and half a surrogate pair, which UTF-8 cannot encode, becomes
 * U+FFFD.
 */
export function plain(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : parseJson(text);
}
