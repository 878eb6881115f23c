/** The parts of a Gemini request that the stand-in looks at. */
export interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: { id?: string; name: string; args?: Record<string, unknown> };
  functionResponse?: { id?: string; name: string; response?: unknown };
  inlineData?: { mimeType?: string; mime_type?: string; data?: string };
}

export interface Content {
  role?: string;
  parts?: Part[];
}

export interface FunctionDeclaration {
  name: string;
  parameters?: JsonSchema;
  parametersJsonSchema?: JsonSchema;
  /** As google-genai for Python spells some fields; protobuf JSON takes both. */
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

/** What the contents say, read backwards from the end to the last thing that a person wrote. */
export interface Conversation {
  /** The person's last text: not a function response, not a request to go on. */
  userText: string;
  /** The person's message before ADK tells an agent, in the person's name, what another agent did. */
  handedOver: string;
  /** Answers of tools since then, oldest first, one list a round. */
  toolRounds: { name: string; response: unknown }[][];
  /** Text that the model has already given as its answer to `userText`, for a request to go on. */
  givenText: string;
  files: { mimeType: string; bytes: number }[];
}

/** A text that asks for the rest of an answer, as opposed to a new question. */
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
      // Text beside function calls was said before the tools ran: it is not a begun answer.
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

/** All text a model would read; its length is what the prompt's token count grows with. */
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
