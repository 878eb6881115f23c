/** A parsed valueFrom of a container secret. */
export interface SecretReference {
  secretId: string;
  /** One key of a JSON secret; undefined: the whole text. */
  jsonKey: string | undefined;
  versionStage: string | undefined;
  versionId: string | undefined;
}

/**
 * arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME:json-key:version-stage:version-id, the last three may be empty.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
 */
export function parseSecretReference(valueFrom: string): SecretReference {
  const parts = valueFrom.split(':');
  if (parts[0] !== 'arn' || parts[2] !== 'secretsmanager' || parts.length < 7) {
    throw new Error(`${valueFrom} is no ARN of a secret; parameters of Systems Manager are not rehearsed`);
  }
  const [jsonKey, versionStage, versionId] = parts.slice(7).map((part) => part || undefined);
  return { secretId: parts.slice(0, 7).join(':'), jsonKey, versionStage, versionId };
}

/** The value for the container; error messages never contain the secret. */
export function pickSecretValue(reference: SecretReference, text: string): string {
  if (reference.jsonKey === undefined) return text;
  let value: unknown;
  try {
    value = (JSON.parse(text) as Record<string, unknown>)[reference.jsonKey];
  } catch {
    throw new Error(`the secret is no JSON, so it has no key ${reference.jsonKey}`);
  }
  if (value === undefined) throw new Error(`the secret has no key ${reference.jsonKey}`);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
