import { CliError, EXIT } from './cli-error.ts';

const NOT_ALLOWED = {
  why: 'It is owned by another user, or the file system is read-only.',
  next: 'Run it as the owner of the checkout, or become its owner: sudo chown -R "$USER" . in its folder.',
};
const FULL = {
  why: 'The disk is full, or your quota is used up.',
  next: 'Free some space, then run the same command again.',
};
const EXPLAINED: Record<string, { why: string; next: string }> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: NOT_ALLOWED,
  ENOSPC: FULL,
  EDQUOT: FULL,
};

/** Converts a file system error to a sentence; undefined for any other error. */
export function explainSystemError(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const explained = EXPLAINED[code ?? ''];
  if (!explained || path === undefined) return undefined;
  return new CliError({
    what: `${path} can't be used.`,
    ...explained,
    exitCode: EXIT.machine,
    cause: error,
  });
}
