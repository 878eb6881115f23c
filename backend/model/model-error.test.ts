import { expect, test } from 'bun:test';
import { modelErrorFrom } from './model-error.ts';

const KEY = 'AIzaSyD-0123456789abcdefghijklmnopqrs';
const refusal = (code: number, status: string, message: string) =>
  modelErrorFrom(code, JSON.stringify({ error: { code, status, message } }), new Headers());

test.each([
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
])('why the model does not accept us (%d) is for the log alone', (code, status) => {
  const words = `Consumer 'api_key:${KEY}' has been suspended in project staging-4711.`;
  const error = refusal(code, status, words);
  expect(error.detail).toBe(`${code} ${status}. The model does not accept this service; the log says why.`);
  expect(error.message).not.toContain('staging-4711');
  expect((error.cause as Error).message).toBe(words);
});

test.each([
  [`API key not valid: ${KEY}.`, 'API key not valid: ***.'],
  [
    'Quota exceeded for projects/staging-4711/locations/global.',
    'Quota exceeded for projects/***/locations/global.',
  ],
  ['Gemini API is not enabled in project 123456789.', 'Gemini API is not enabled in project ***.'],
  ['Denied for agent@staging-4711.iam.gserviceaccount.com here.', 'Denied for *** here.'],
])('names of ours are left out of what a person reads: %s', (words, told) => {
  const error = refusal(400, 'INVALID_ARGUMENT', words);
  expect(error.detail).toBe(`400 INVALID_ARGUMENT. ${told}`);
  expect(error.message).toContain(told);
});

test("the model's other error messages are passed on unchanged", () => {
  const words = 'This project has 5 documents; write to help@example.com.';
  expect(refusal(400, 'INVALID_ARGUMENT', words).detail).toBe(`400 INVALID_ARGUMENT. ${words}`);
});
