import type { Message, Part } from '@a2a-js/sdk';
import { RequestMalformedError } from '@a2a-js/sdk/errors';
import type { Content, Part as ModelPart } from '@google/genai';
import { toStandardBase64 } from '../../events/base64.ts';
import { rawBase64, rawSize } from '../raw-content.ts';
import { functionResponseOf } from './answers.ts';

const BYTES = 'application/octet-stream';
/**
 * Addresses that a model may be told to fetch. Other schemes could open files and networks that the caller cannot
 * reach.
 */
const FETCHED = /^(https|gs):\/\//;

/** Converts a peer's message to ADK content. Throws RequestMalformedError for parts that no agent can take. */
export function toContent(message: Message, mayConfirm: boolean): Content {
  const parts = message.parts.map((part) => toModelPart(part, mayConfirm));
  return { role: 'user', parts };
}

function toModelPart(part: Part, mayConfirm: boolean): ModelPart {
  const { content, mediaType, filename } = part;
  switch (content?.$case) {
    case 'text':
      return { text: content.value };
    case 'raw':
      return {
        inlineData: {
          data: rawBase64(content),
          mimeType: mediaType || BYTES,
          ...(filename ? { displayName: filename } : {}),
        },
      };
    case 'url':
      if (!FETCHED.test(content.value))
        throw new RequestMalformedError('The url of a part must begin with https:// or gs://.');
      return { fileData: { fileUri: content.value, mimeType: mediaType || BYTES } };
    case 'data': {
      const functionResponse = functionResponseOf(part, mayConfirm);
      return functionResponse ? { functionResponse } : { text: JSON.stringify(content.value) };
    }
    case undefined:
      throw new RequestMalformedError('A part must have one of text, raw, url and data.');
  }
}

/** A part of an event, in wire form. */
export interface WirePart {
  text?: string;
  thought?: boolean;
  inlineData?: { data?: string; mimeType?: string; displayName?: string };
  fileData?: { fileUri?: string; mimeType?: string };
  functionCall?: { id?: string; name?: string; args?: Record<string, unknown> };
  functionResponse?: { id?: string; name?: string; response?: Record<string, unknown> };
}

/**
 * The parts of an event that a peer sees: the agent's text and files. Thoughts and tool calls stay private, as A2A
 * agents are opaque to each other.
 */
export function toA2aParts(parts: readonly WirePart[] | undefined): Part[] {
  return (parts ?? []).flatMap((part): Part[] => {
    if (part.thought) return [];
    if (part.text) return [textPart(part.text)];
    if (part.inlineData?.data) {
      const { data, mimeType = BYTES, displayName = '' } = part.inlineData;
      const value = Buffer.from(toStandardBase64(data), 'base64');
      return [
        { content: { $case: 'raw', value }, mediaType: mimeType, filename: displayName, metadata: undefined },
      ];
    }
    if (part.fileData?.fileUri) {
      const { fileUri, mimeType = '' } = part.fileData;
      return [
        { content: { $case: 'url', value: fileUri }, mediaType: mimeType, filename: '', metadata: undefined },
      ];
    }
    return [];
  });
}

/** A file part without its bytes: the session has them, and a task is read often. */
export function withoutBytes(part: Part): Part {
  if (part.content?.$case !== 'raw') return part;
  const { filename, mediaType, metadata } = part;
  const text = `[${filename || 'a file'}, ${mediaType || BYTES}, ${rawSize(part.content)} bytes: not kept with the task]`;
  return { content: { $case: 'text', value: text }, filename: '', mediaType: '', metadata };
}

export function textPart(value: string): Part {
  return { content: { $case: 'text', value }, mediaType: '', filename: '', metadata: undefined };
}

export function dataPart(value: unknown, metadata: Record<string, unknown>): Part {
  return { content: { $case: 'data', value }, mediaType: '', filename: '', metadata };
}
