import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { parseSecretReference, pickSecretValue } from './secret-reference.ts';
import type { TaskPlan } from './task-definition.ts';

/**
 * A container's secrets as environment variables. If one can't be read the task does not start, with ECS's message.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
 */
export async function readSecrets(
  client: SecretsManager,
  { container }: TaskPlan,
): Promise<Record<string, string>> {
  const texts = new Map<string, Promise<string>>();
  const textOf = async ({ secretId, versionStage, versionId }: ReturnType<typeof parseSecretReference>) => {
    const key = JSON.stringify([secretId, versionStage, versionId]);
    const text =
      texts.get(key) ??
      client
        .getSecretValue({ SecretId: secretId, VersionStage: versionStage, VersionId: versionId })
        .then(({ SecretString }) => SecretString ?? '');
    texts.set(key, text);
    return text;
  };
  const values: Record<string, string> = {};
  for (const { name, valueFrom } of container.secrets) {
    try {
      const reference = parseSecretReference(valueFrom);
      values[name] = pickSecretValue(reference, await textOf(reference));
    } catch (error) {
      throw new Error(
        `ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm for ${name} (${valueFrom}): ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
  return values;
}
