import { isSignedWith, readSignature } from './sigv4.ts';
import type { TaskCredentialsIssuer } from './task-credentials.ts';

/** The part of AWS Secrets Manager that a task reads: GetSecretValue with the task role's signature. */
export async function getSecretValue(
  request: Request,
  secrets: ReadonlyMap<string, string>,
  issuer: TaskCredentialsIssuer,
): Promise<Response> {
  const headers = new Map<string, string>();
  request.headers.forEach((value, name) => headers.set(name, value));
  const body = await request.text();
  const signature = readSignature(headers.get('authorization') ?? '');
  const credentials = signature && issuer.find(signature.accessKeyId);
  const { pathname, search } = new URL(request.url);
  const parts = { method: request.method, path: pathname, query: search.slice(1), headers, body };
  if (
    signature?.service !== 'secretsmanager' ||
    credentials === undefined ||
    headers.get('x-amz-security-token') !== credentials.sessionToken ||
    !isSignedWith(credentials.secretAccessKey, signature, parts)
  ) {
    return refuse('InvalidSignatureException');
  }
  if (headers.get('x-amz-target') !== 'secretsmanager.GetSecretValue')
    return refuse('UnknownOperationException');
  const { SecretId: id } = JSON.parse(body) as { SecretId?: string };
  const value = secrets.get(id ?? '');
  return value === undefined
    ? refuse('ResourceNotFoundException')
    : Response.json({ ARN: id, SecretString: value });
}

function refuse(type: string): Response {
  return Response.json({ __type: type, Message: 'refused by the stand-in' }, { status: 400 });
}
