import { parseJson } from '../json/parse-json.ts';
import { AppError } from './app-error.ts';

/** Parses a JSON object of a store; undefined if it is damaged or something else. */
export function storedObjectIfAny(json: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The same, where nothing can replace it. Throws STORED_DATA_DAMAGED; `what` names it: "event 3 of the session". */
export function storedObject(json: string, what: string): Record<string, unknown> {
  const value = storedObjectIfAny(json);
  if (value) return value;
  throw new AppError('STORED_DATA_DAMAGED', `The store holds ${what} in a form that cannot be read.`);
}
