import { z } from 'zod';
import {
  optional,
  strictWireObject,
  wireArray,
  wireBase64,
  wireBoolean,
  wireInt,
  wireRecord,
} from './wire-schema.ts';

// google.genai's types.Content, with its fields in the order in which it reports errors. Unknown keys are refused, so a
// misspelt field is never silently dropped.

const text = optional(z.string());
const boolean = optional(wireBoolean);
const bytes = optional(wireBase64);

const blob = strictWireObject({ data: bytes, displayName: text, mimeType: text });
const fileData = strictWireObject({ displayName: text, fileUri: text, mimeType: text });

const functionCall = strictWireObject({
  id: text,
  args: optional(wireRecord),
  name: text,
  partialArgs: optional(
    wireArray(
      strictWireObject({
        boolValue: boolean,
        jsonPath: text,
        nullValue: text,
        numberValue: optional(z.number()),
        stringValue: text,
        willContinue: boolean,
      }),
    ),
  ),
  willContinue: boolean,
});

const functionResponse = strictWireObject({
  willContinue: boolean,
  scheduling: text,
  parts: optional(
    wireArray(
      strictWireObject({
        inlineData: optional(strictWireObject({ mimeType: text, data: bytes, displayName: text })),
        fileData: optional(strictWireObject({ fileUri: text, mimeType: text, displayName: text })),
        mediaProcessing: text,
      }),
    ),
  ),
  id: text,
  name: text,
  response: optional(wireRecord),
});

const word = strictWireObject({ word: text, startOffset: text, endOffset: text });

export const PART = strictWireObject({
  mediaResolution: optional(strictWireObject({ level: text, numTokens: optional(wireInt) })),
  codeExecutionResult: optional(strictWireObject({ outcome: text, output: text, id: text })),
  executableCode: optional(strictWireObject({ code: text, language: text, id: text })),
  fileData: optional(fileData),
  functionCall: optional(functionCall),
  functionResponse: optional(functionResponse),
  inlineData: optional(blob),
  text,
  thought: boolean,
  thoughtSignature: bytes,
  videoMetadata: optional(
    strictWireObject({ endOffset: text, fps: optional(z.number()), startOffset: text }),
  ),
  toolCall: optional(strictWireObject({ id: text, toolType: text, args: optional(wireRecord) })),
  toolResponse: optional(strictWireObject({ id: text, toolType: text, response: optional(wireRecord) })),
  partMetadata: optional(wireRecord),
  audioTranscription: optional(
    strictWireObject({
      text,
      finished: boolean,
      languageCode: text,
      speakerLabel: text,
      words: optional(wireArray(word)),
      startOffset: text,
      endOffset: text,
    }),
  ),
  mediaProcessing: text,
  speechMetadata: optional(strictWireObject({ speaker: text, style: text })),
});

export const CONTENT = strictWireObject({ parts: optional(wireArray(PART)), role: text });
