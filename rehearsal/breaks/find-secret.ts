import { ListSecretsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The ARN of a secret of the environment, by the last part of its name. */
export async function findSecret(client: SecretsManagerClient, name: string): Promise<string> {
  const { SecretList = [] } = await client.send(new ListSecretsCommand({ MaxResults: 100 }));
  const found = SecretList.find(({ Name }) => Name?.split('/').at(-1) === name)?.ARN;
  if (found === undefined) throw new Error(`there is no secret ${name}`);
  return found;
}
