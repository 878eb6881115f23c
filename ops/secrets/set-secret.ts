import {
  DecryptionFailure,
  EncryptionFailure,
  ResourceNotFoundException,
  SecretsManager,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { CliError, EXIT } from '../base/cli-error.ts';
import { SECRET_FORMS, SECRET_PREFIX } from './secret-forms.ts';

export interface SetSecretOptions {
  /** Name without the prefix, such as gemini-api-key. */
  name: string;
  value: string;
  client: SecretsManager;
}

/**
 * Checks a value's form and stores it in a secret that Terraform created. Running tasks re-read it within a minute.
 * Returns the new version's id; no message contains the value.
 */
export async function setSecret({ name, value, client }: SetSecretOptions): Promise<{ versionId: string }> {
  const form = SECRET_FORMS[name];
  if (form === undefined) {
    throw failed(`There is no secret "${name}".`, `name one of ${Object.keys(SECRET_FORMS).join(', ')}`);
  }
  const problem = form.problem(value);
  if (problem !== undefined) throw failed(problem, `bring ${form.form}`);
  try {
    const { VersionId } = await client.putSecretValue({
      SecretId: `${SECRET_PREFIX}${name}`,
      SecretString: value,
    });
    return { versionId: VersionId ?? '' };
  } catch (error) {
    throw explain(name, error);
  }
}

/** Converts AWS's error to a sentence. Its own message, which may name accounts and roles, is only in `cause`. */
function explain(name: string, cause: unknown): CliError {
  const refused = (why: string, next: string) =>
    new CliError({ what: `The secret ${name} was not set.`, why, next, exitCode: EXIT.failed, cause });
  if (cause instanceof ResourceNotFoundException) {
    return refused(
      'It does not exist in this account and region.',
      'apply terraform/aws/bootstrap first, or check AWS_REGION and the profile',
    );
  }
  if (cause instanceof EncryptionFailure || cause instanceof DecryptionFailure) {
    return refused('Its key cannot be used.', 'ask for kms:GenerateDataKey on the key of the secrets');
  }
  if (cause instanceof SecretsManagerServiceException) {
    return cause.name === 'AccessDeniedException'
      ? refused(
          'These credentials do not allow that.',
          'ask for secretsmanager:PutSecretValue on lornu/staging/*',
        )
      : refused(
          `Secrets Manager answered ${cause.name}.`,
          'try again; if it stays, look at the AWS status page',
        );
  }
  return refused(
    'Secrets Manager could not be reached, or there are no AWS credentials.',
    'sign in to AWS (aws sso login) and check the network',
  );
}

function failed(why: string, next: string): CliError {
  return new CliError({ what: 'The secret was not set.', why, next, exitCode: EXIT.usage });
}
