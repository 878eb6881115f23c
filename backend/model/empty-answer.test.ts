import type { LlmResponse } from '@google/adk';
import { FinishReason, type Part } from '@google/genai';
import { expect, test } from 'bun:test';
import { nameEmptyAnswer } from './empty-answer.ts';

function codeOf(parts: Part[] | undefined, finishReason = FinishReason.STOP): string | undefined {
  const response: LlmResponse = { finishReason, ...(parts && { content: { role: 'model', parts } }) };
  nameEmptyAnswer(response);
  return response.errorCode;
}

test('no parts, blank text or thoughts alone are an empty answer', () => {
  expect(codeOf(undefined)).toBe('MODEL_RETURNED_NO_CONTENT');
  expect(codeOf([{ text: ' \n' }])).toBe('MODEL_RETURNED_NO_CONTENT');
  expect(codeOf([{ text: 'hm', thought: true }])).toBe('MODEL_RETURNED_NO_CONTENT');
});

test('text, a call or a file is an answer; another finish reason is left as it is', () => {
  expect(codeOf([{ text: 'hm', thought: true }, { text: 'yes' }])).toBeUndefined();
  expect(codeOf([{ functionCall: { name: 'f' } }])).toBeUndefined();
  expect(codeOf([{ inlineData: { data: '' } }])).toBeUndefined();
  expect(codeOf(undefined, FinishReason.MAX_TOKENS)).toBeUndefined();
});
