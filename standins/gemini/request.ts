/** The fields of a Gemini request that the stand-in reads. */
export interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: { id?: string; name: string; args?: Record<string, unknown> };
  functionResponse?: { id?: string; name: string; response?: unknown };
  inlineData?: { mimeType?: string; mime_type?: string; data?: string };
  fileData?: { fileUri?: string; file_uri?: string };
}

export interface Content {
  role?: string;
  parts?: Part[];
}

export interface FunctionDeclaration {
  name: string;
  parameters?: JsonSchema;
  parametersJsonSchema?: JsonSchema;
  /** The snake_case spelling that google-genai for Python uses for some fields; protobuf JSON allows both. */
  parameters_json_schema?: JsonSchema;
}

export interface JsonSchema {
  type?: string;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, JsonSchema>;
}

export interface GeminiRequest {
  contents: Content[];
  systemInstruction?: Content;
  generationConfig?: { thinkingConfig?: { thinkingLevel?: string; thinkingBudget?: number } };
  tools?: { functionDeclarations?: FunctionDeclaration[] }[];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the contents say, read backwards to the last text that a person wrote. */
export interface Conversation {
  /** The person's last text: neither a function response nor a request to continue. */
  userText: string;
  /** The person's message before ADK tells an agent, as if from the person, what another agent did. */
  handedOver: string;
  /** Tool responses since then, oldest first, one list per round. */
  toolRounds: { name: string; response: unknown }[][];
  /** The part of the answer to `userText` that the model has already given, for a request to continue. */
  givenText: string;
  files: { mimeType: string; bytes: number }[];
}

/** Matches a request for the rest of an answer, as opposed to a new question. */
const GO_ON = /^\W*(please\s+)?(go on|continue)\b/i;

/** Reads the conversation; the caller has checked that there are contents. */
export function readConversation(contents: Content[]): Conversation {
  const toolRounds: Conversation['toolRounds'] = [];
  let givenText = '';
  for (let index = contents.length - 1; index >= 0; index -= 1) {
    const content = contents[index];
    const parts = content?.parts ?? [];
    const responses = parts.flatMap((part) =>
      part.functionResponse
        ? [{ name: part.functionResponse.name, response: part.functionResponse.response }]
        : [],
    );
    const text = joinText(parts);
    if (content?.role === 'model') {
      // Text beside function calls precedes the tools: it is not the beginning of an answer.
      if (toolRounds.length === 0) givenText = text + givenText;
    } else if (responses.length > 0) {
      toolRounds.unshift(responses);
    } else if (!(GO_ON.test(text) && contents[index - 1]?.role === 'model')) {
      const handedOver = contextOf(contents.slice(0, index + 1));
      return { userText: text, handedOver, toolRounds, givenText, files: readFiles(parts) };
    }
  }
  return { userText: '', handedOver: '', toolRounds, givenText, files: [] };
}

/** The last text of a person that is not one of ADK's "For context:". */
function contextOf(contents: readonly Content[]): string {
  const texts = contents.filter(({ role }) => role !== 'model').map(({ parts }) => joinText(parts ?? []));
  return texts.findLast((text) => text && !text.startsWith('For context:')) ?? '';
}

/** Length of all text that a model would read, from which the prompt's token count is derived. */
export function promptLength(request: GeminiRequest): number {
  return JSON.stringify([request.systemInstruction ?? '', request.contents, request.tools ?? '']).length;
}

export function declaredFunctions(request: GeminiRequest): FunctionDeclaration[] {
  return (request.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
}

function joinText(parts: Part[]): string {
  return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
}

function readFiles(parts: Part[]): Conversation['files'] {
  return parts.flatMap((part) =>
    part.inlineData
      ? [
          {
            mimeType: part.inlineData.mimeType ?? part.inlineData.mime_type ?? 'unknown',
            bytes: Buffer.from(part.inlineData.data ?? '', 'base64').length,
          },
        ]
      : [],
  );
}
