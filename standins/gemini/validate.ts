import { type Content, type GeminiRequest, isObject } from './request.ts';

const KNOWN_FIELDS = new Set(
  'model contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent labels store serviceTier generateContentRequest'.split(
    ' ',
  ),
);

/**
 * Refuses what the real API refuses, so that a conversation that would fail there fails here too.
 * Returns the sentence of the 400, or the request with its field names in camelCase (protobuf JSON takes both).
 */
export function readRequest(bodyText: string): GeminiRequest | string {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
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

/** The rules about order that a damaged conversation breaks: each call needs its response in the next content. */
function refuseContents(contents: Content[]): string | undefined {
  for (const [index, content] of contents.entries()) {
    if (content.role !== undefined && !['user', 'model', 'function'].includes(content.role)) {
      return 'Please use a valid role: user, model.';
    }
    if (!content.parts?.length) {
      return `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`;
    }
    const calls = countParts(content, 'functionCall');
    if (calls === 0) continue;
    if (index > 0 && contents[index - 1]?.role === 'model') {
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
    }
    if (countParts(contents[index + 1], 'functionResponse') !== calls) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    }
  }
  return undefined;
}

function isContent(value: unknown): value is Content {
  if (!isObject(value)) return false;
  const { role, parts } = value;
  return (
    (role === undefined || typeof role === 'string') &&
    (parts === undefined || (Array.isArray(parts) && parts.every(isObject)))
  );
}

function countParts(content: Content | undefined, kind: 'functionCall' | 'functionResponse'): number {
  return (content?.parts ?? []).filter((part) => part[kind] !== undefined).length;
}
