import type { Candidate, Part } from '@google/genai';
import { isFrameworkCall } from '../adk/framework-calls.ts';
import { isObject } from '../json/is-object.ts';

// What is read of Gemini's answers must have the types of its API: an event with another type, such as a number as the
// id of a call, would be stored and make every later turn of the conversation fail, here or in google-adk.

type Check = (value: unknown) => boolean;
type Fields = ReadonlyMap<string, Check>;

const isText: Check = (value) => typeof value === 'string';
/** Base64 in either alphabet, with or without padding. */
const isBytes: Check = (value) => isText(value) && /^[\w+/-]*={0,2}$/.test(value as string);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** An object whose fields have these types; others are not read. Null is the same as a missing field. */
const objectOf = (fields: Record<string, Check>): Check => {
  const checks: Fields = new Map(Object.entries(fields));
  return (value) => isObject(value) && hasTypes(value, checks);
};

const FILE = { mimeType: isText, displayName: isText };
const isPart = objectOf({
  text: isText,
  thoughtSignature: isBytes,
  functionCall: objectOf({
    id: isText,
    name: isText,
    args: isObject,
    partialArgs: listOf(objectOf({ jsonPath: isText, stringValue: isText })),
  }),
  inlineData: objectOf({ ...FILE, data: isBytes }),
  fileData: objectOf({ ...FILE, fileUri: isText }),
  executableCode: objectOf({ code: isText, language: isText }),
  codeExecutionResult: objectOf({ outcome: isText, output: isText }),
});

/** Whether this is a candidate of an answer. */
export const isCandidate = objectOf({
  content: objectOf({ role: isText, parts: listOf(isPart) }),
  finishReason: isText,
});

const OF_CANDIDATE: Fields = new Map<string, Check>([
  ['finishMessage', isText],
  ['groundingMetadata', isObject],
  ['citationMetadata', isObject],
  ['logprobsResult', isObject],
]);
const OF_ANSWER: Fields = new Map<string, Check>([
  ['modelVersion', isText],
  ['promptFeedback', objectOf({ blockReason: isText, blockReasonMessage: isText })],
]);

/**
 * Removes what does not belong into an answer: additions of another type, function responses, and the calls with which
 * ADK asks a person. Only the service and ADK make those two; ADK would call the model again for ever.
 */
export function dropForeign(answer: Record<string, unknown>, candidates: readonly Candidate[]): void {
  dropOtherTypes(answer, OF_ANSWER);
  for (const candidate of candidates) {
    dropOtherTypes(candidate as Record<string, unknown>, OF_CANDIDATE);
    const { content } = candidate;
    if (content?.parts?.some(isForeign)) content.parts = content.parts.filter((part) => !isForeign(part));
  }
}

function isForeign({ functionResponse, functionCall }: Part): boolean {
  return (functionResponse !== undefined && functionResponse !== null) || isFrameworkCall(functionCall?.name);
}

function dropOtherTypes(value: Record<string, unknown>, fields: Fields): void {
  for (const [name, check] of fields) if (!isMissing(value[name]) && !check(value[name])) delete value[name];
}

/** Looks only at the fields that are there: most parts have a single one. */
function hasTypes(value: Record<string, unknown>, fields: Fields): boolean {
  for (const name in value) {
    const field = value[name];
    if (!isMissing(field) && fields.get(name)?.(field) === false) return false;
  }
  return true;
}

const isMissing: Check = (value) => value === undefined || value === null;
