import { expect, test } from 'bun:test';
import { AppError } from '../../errors/app-error.ts';
import { failurePage } from './sign-in-page.ts';

test('a failure without a page gets the JSON response', () => {
  expect(failurePage(new AppError('INTERNAL'))).toBeUndefined();
  expect(failurePage(new AppError('SIGN_IN_FAILED'))?.status).toBe(400);
});
