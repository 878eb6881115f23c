import { CliError, EXIT } from '../../base/cli-error.ts';

/** Converts AWS's error to a sentence. Its own message, which may name accounts and roles, is only in `cause`. */
export function explainAws(what: string, cause: unknown): CliError {
  const name = cause instanceof Error ? cause.name : 'an unknown error';
  if (
    /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|CredentialsProviderError/.test(
      name,
    )
  ) {
    return new CliError({
      what,
      why: `AWS does not accept the credentials (${name}): they have expired, or none are set.`,
      next: 'In the workflow: run the job again. On a laptop: aws sso login, and check AWS_PROFILE.',
      cause,
    });
  }
  // The client has sent nothing.
  if (/Region is missing/.test(String(cause)))
    return new CliError({
      what,
      why: 'AWS_REGION is not set.',
      next: 'Set it to the region of terraform/aws/staging, such as us-east-1, then run the same command again.',
      exitCode: EXIT.machine,
      cause,
    });
  if (/AccessDenied|Unauthorized/.test(name)) {
    return new CliError({
      what,
      why: `These credentials do not allow that (${name}).`,
      next: 'Use the role of this job, or add the action to terraform/aws/bootstrap.',
      cause,
    });
  }
  if (
    /Timeout|ECONN|ENOTFOUND|FailedToOpenSocket|ConnectionRefused|Networking/i.test(
      `${name} ${String(cause)}`,
    )
  ) {
    return new CliError({
      what,
      why: 'AWS cannot be reached from here.',
      next: 'Check the network and AWS_REGION, then run the same command again.',
      exitCode: EXIT.machine,
      cause,
    });
  }
  return new CliError({
    what,
    why: `AWS answered ${name}.`,
    next: 'Try again. If it keeps failing, look at the AWS status page.',
    cause,
  });
}
