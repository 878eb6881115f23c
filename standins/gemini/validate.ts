import { parseExactly } from './exact-json.ts';
import { type Content, type GeminiRequest, isObject, type Part } from './request.ts';

const KNOWN_FIELDS = new Set(
  'model contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels store serviceTier generateContentRequest'.split(
    ' ',
  ),
);

/**
 * Refuses what the real API refuses, so that a conversation that would fail there fails here too. Returns the message
 * of the 400, or the request with camelCase field names (protobuf JSON allows both).
 */
export function readRequest(bodyText: string): GeminiRequest | string {
  let body: unknown;
  try {
    body = parseExactly(bodyText);
  } catch {
    return 'Invalid JSON payload received. Unexpected token.';
  }
  if (!isObject(body)) return 'Invalid value (): Root element must be a message.';
  const request: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!KNOWN_FIELDS.has(camel)) {
      return `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`;
    }
    request[camel] = value;
  }
  const { contents } = request;
  if (!Array.isArray(contents) || contents.length === 0) {
    return '* GenerateContentRequest.contents: contents is not specified\n';
  }
  if (!contents.every(isContent)) return "Invalid value at 'contents' (Content): not a message.";
  return refuseContents(contents) ?? { ...request, contents };
}

const CALL_ORDER =
  'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
const RESPONSE_ORDER =
  'Please ensure that function response turn comes immediately after a function call turn.';
const COUNTS =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';

/** Gemini's rules for a conversation, with Gemini's messages; docs/history.md lists each with its source. */
function refuseContents(contents: Content[]): string | undefined {
  for (const [index, content] of contents.entries()) {
    const at = `* GenerateContentRequest.contents[${index}]`;
    if (content.role !== undefined && !['user', 'model', 'function'].includes(content.role)) {
      return 'Please use a valid role: user, model.';
    }
    if (!content.parts?.length) return `${at}.parts: contents.parts must not be empty.\n`;
    for (const [position, part] of content.parts.entries()) {
      const refused = refusePart(part, `${at}.parts[${position}]`);
      if (refused) return refused;
    }
    const refused = refuseOrder(contents, index);
    if (refused) return refused;
  }
  if (contents[0]?.role === 'model')
    return 'Please ensure that multiturn requests alternate between user and model.';
  return undefined;
}

function refusePart(part: Part, at: string): string | undefined {
  const { thought: _thought, functionCall, functionResponse, ...data } = part;
  for (const [field, type, value] of [
    ['text', 'STRING', part.text],
    ['thought_signature', 'BYTES', part.thoughtSignature],
    ['function_call.id', 'STRING', functionCall?.id],
    ['function_call.name', 'STRING', functionCall?.name],
    ['function_response.id', 'STRING', functionResponse?.id],
    ['function_response.name', 'STRING', functionResponse?.name],
  ] as [string, string, unknown][])
    if (typeof (value ?? '') !== 'string')
      return `Invalid value at '${at.slice(2)}.${field}' (TYPE_${type}), ${JSON.stringify(value)}`;
  const kinds = Object.entries(data).filter(
    ([kind, value]) => value !== undefined && value !== null && !(kind === 'text' && value === ''),
  );
  if (!functionCall && !functionResponse && kinds.length === 0)
    return `${at}.data: required oneof field 'data' must have one initialized field\n`;
  if (functionCall && !functionCall.name) return `${at}.function_call.name: Name cannot be empty.\n`;
  if (functionResponse && !functionResponse.name)
    return `${at}.function_response.name: Name cannot be empty.\n`;
  const { fileData } = part;
  const uri = fileData?.fileUri ?? fileData?.file_uri;
  // Gemini reads its own files, Cloud Storage and the web.
  if (fileData && !/^(?:https?|gs):\/\/./i.test(uri ?? '')) return `Invalid or unsupported file uri: ${uri}`;
  for (const value of [functionCall?.args, functionResponse?.response])
    if (value !== undefined && !isObject(value))
      return `Invalid value at '${at.slice(2)}' (type.googleapis.com/google.protobuf.Struct), ${JSON.stringify(value)}`;
  return undefined;
}

/** Checks the positions of calls and responses, and their number. */
function refuseOrder(contents: Content[], index: number): string | undefined {
  const content = contents[index]!;
  const [calls, responses] = [callsOf(content), responsesOf(content)];
  if (calls.length > 0) {
    if (index === 0 || contents[index - 1]?.role === 'model' || content.role !== 'model') return CALL_ORDER;
    if (responsesOf(contents[index + 1]).length !== calls.length) return COUNTS;
  }
  if (responses.length === 0) return undefined;
  const before = callsOf(contents[index - 1]);
  if (before.length === 0 || content.role === 'model') return RESPONSE_ORDER;
  // Gemini splits a turn that contains other parts; the rest then counts as a turn of the model.
  if (responses.length !== content.parts?.length)
    return 'Requests ending with a model turn are not supported.';
  const isAnswered = before.every(({ id, name }) => responses.some((it) => it.id === id && it.name === name));
  return isAnswered ? undefined : 'functionResponse.id does not match functionCall.id';
}

const callsOf = (content: Content | undefined) =>
  content?.parts?.flatMap((part) => part.functionCall ?? []) ?? [];
const responsesOf = (content: Content | undefined) =>
  content?.parts?.flatMap((part) => part.functionResponse ?? []) ?? [];

function isContent(value: unknown): value is Content {
  if (!isObject(value)) return false;
  const { role, parts } = value;
  return (
    (role === undefined || typeof role === 'string') &&
    (parts === undefined || (Array.isArray(parts) && parts.every(isObject)))
  );
}
