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

test.each<[string, unknown, string]>([
  ['details that are no list', { error: { status: 'INVALID_ARGUMENT', message: 'why', details: {} } }, 'why'],
  [
    'a detail that is null',
    { error: { status: 'INVALID_ARGUMENT', message: 'why', details: [null] } },
    'why',
  ],
  ['a list around it', [{ error: { status: 'INVALID_ARGUMENT', message: 'why' } }], 'why'],
  ['an error that is a text', { error: 'why' }, 'why'],
  ['a message that is none', { error: { message: { why: 1 } } }, 'without a reason'],
  ['null', null, 'without a reason'],
])('a refusal in another form than Google’s is still a refusal: %s', (_what, body, told) => {
  const error = modelErrorFrom(400, JSON.stringify(body), new Headers());
  expect(error).toMatchObject({ status: 400, isRetryable: false });
  expect(error.detail).toStartWith('400 ');
  expect(error.detail).toContain(told);
});

test.each([
  ['1s', '429 RESOURCE_EXHAUSTED. No quota is left.'],
  ['59s', '429 RESOURCE_EXHAUSTED. No quota is left.'],
  ['60s', '429 RESOURCE_EXHAUSTED. No quota is left. Try again in 60 seconds.'],
  ['3600s', '429 RESOURCE_EXHAUSTED. No quota is left. Try again in 60 minutes.'],
  ['40000s', '429 RESOURCE_EXHAUSTED. No quota is left. Try again in 12 hours.'],
])('a long pause that the model asks for is told: %s', (retryDelay, told) => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }];
  const error = { status: 'RESOURCE_EXHAUSTED', message: 'No quota is left.', details };
  expect(modelErrorFrom(429, JSON.stringify({ error }), new Headers()).detail).toBe(told);
});

const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
test.each<[string, string | undefined, string | undefined, [least: number, most: number] | undefined]>([
  ['RetryInfo', '1.5s', undefined, [1_500, 1_500]],
  ['a header in seconds', undefined, '7', [7_000, 7_000]],
  ['a header with a date', undefined, inAnHour, [3_500_000, 3_600_000]],
  ['a date that has passed', undefined, 'Wed, 21 Oct 2015 07:28:00 GMT', undefined],
  ['a negative pause', '-5s', undefined, undefined],
  ['words', 'soon', 'later', undefined],
])('the pause that the model asks for: %s', (_what, retryDelay, header, expected) => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }];
  const { retryAfterMs } = modelErrorFrom(
    429,
    JSON.stringify({ error: { message: 'slow down', details } }),
    new Headers(header === undefined ? {} : { 'retry-after': header }),
  );
  if (!expected) expect(retryAfterMs).toBeUndefined();
  else {
    expect(retryAfterMs).toBeGreaterThanOrEqual(expected[0]);
    expect(retryAfterMs).toBeLessThanOrEqual(expected[1]);
  }
});
