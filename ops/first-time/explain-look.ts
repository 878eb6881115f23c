import { CliError } from '../base/cli-error.ts';
import { explainAws } from '../delivery/aws/explain-aws.ts';
import { missing, unknown, type Sighting } from './requirement.ts';

const RIGHT = /not authorized to perform:? ([\w-]+:\w+)/;

/** Converts the error of a check to what is missing: a session, a permission, or a response. Rethrows bugs. */
export function explainLook(error: unknown): Sighting {
  if (error instanceof CliError) {
    const { why, next, exitCode } = error.parts;
    return exitCode === 3 ? unknown(withoutStop(why), next) : missing(withoutStop(why), next);
  }
  if (!(error instanceof Error)) throw error;
  if (isDnsError(error)) {
    return unknown(
      `DNS does not answer (${error.code})`,
      'check the network and the resolver, then ./lornu setup dns',
    );
  }
  if (
    !('$fault' in error) &&
    !/Credentials|Timeout|ECONN|ENOTFOUND|ConnectionRefused|FailedToOpenSocket/i.test(
      `${error.name} ${error.message}`,
    )
  )
    throw error;
  const right = RIGHT.exec(error.message)?.[1];
  if (right ?? /AccessDenied|UnauthorizedOperation/.test(error.name)) {
    return missing(
      `these credentials may not do ${right ?? 'that'}, so nothing is known`,
      `sign in to AWS as an administrator of the account (AWS_PROFILE, aws sso login), or ask one for ${right ?? 'the right to read'}`,
    );
  }
  const { why, next, exitCode } = explainAws('', error).parts;
  const onLaptop = next.replace(/^In the workflow: .*? On a laptop: /, '');
  return exitCode === 3 ? unknown(withoutStop(why), onLaptop) : missing(withoutStop(why), onLaptop);
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');

function isDnsError(error: Error): error is Error & { code: string } {
  return 'syscall' in error && String(error.syscall).startsWith('query') && 'code' in error;
}
