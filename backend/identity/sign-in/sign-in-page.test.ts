import { expect, test } from 'bun:test';
import { AppError } from '../../errors/app-error.ts';
import { failurePage } from './sign-in-page.ts';

test('a failure that has no page of its own is left to the answer for programs', () => {
  expect(failurePage(new AppError('INTERNAL'))).toBeUndefined();
  expect(failurePage(new AppError('SIGN_IN_FAILED'))?.status).toBe(400);
});
