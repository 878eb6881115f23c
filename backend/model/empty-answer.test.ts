import type { LlmResponse } from '@google/adk';
import { FinishReason, type Part } from '@google/genai';
import { expect, test } from 'bun:test';
import { nameEmptyAnswer } from './empty-answer.ts';

function codeOf(parts: Part[] | undefined, finishReason = FinishReason.STOP): string | undefined {
  const response: LlmResponse = { finishReason, ...(parts && { content: { role: 'model', parts } }) };
  nameEmptyAnswer(response);
  return response.errorCode;
}

test('nothing, blanks or thoughts alone are no answer', () => {
  expect(codeOf(undefined)).toBe('MODEL_RETURNED_NO_CONTENT');
  expect(codeOf([{ text: ' \n' }])).toBe('MODEL_RETURNED_NO_CONTENT');
  expect(codeOf([{ text: 'hm', thought: true }])).toBe('MODEL_RETURNED_NO_CONTENT');
});

test('a word, a call or a file is one, and another finish reason speaks for itself', () => {
  expect(codeOf([{ text: 'hm', thought: true }, { text: 'yes' }])).toBeUndefined();
  expect(codeOf([{ functionCall: { name: 'f' } }])).toBeUndefined();
  expect(codeOf([{ inlineData: { data: '' } }])).toBeUndefined();
  expect(codeOf(undefined, FinishReason.MAX_TOKENS)).toBeUndefined();
});
