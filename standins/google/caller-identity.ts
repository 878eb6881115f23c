import { Refusal } from './refusal.ts';
import { isSignedWith, readAmzDate, readSignature } from './sigv4.ts';
import type { TaskCredentialsIssuer } from './task-credentials.ts';

interface SignedRequest {
  url: string;
  method: string;
  headers: { key: string; value: string }[];
}

/** AWS refuses requests with older signatures. */
const MAX_AGE_MS = 15 * 60_000;

/**
 * Google's STS forwards the signed GetCallerIdentity request to AWS. This does what AWS then does: it recomputes the
 * signature (AWS, "Signature Version 4") and returns the caller. Throws Refusal.
 */
export function verifyCallerIdentity(
  subjectToken: string,
  audience: string,
  issuer: TaskCredentialsIssuer,
  nowMs: number,
): string {
  const request = readSignedRequest(subjectToken);
  const headers = new Map(request.headers.map(({ key, value }) => [key.toLowerCase(), value]));
  if (headers.get('x-goog-cloud-target-resource') !== audience) {
    throw refuse('x-goog-cloud-target-resource does not name the provider');
  }
  const signature = readSignature(headers.get('authorization') ?? '');
  if (signature?.service !== 'sts') throw refuse('the authorization header is not a SigV4 signature for sts');
  const { accessKeyId, day, region, signedHeaders } = signature;

  const url = new URL(request.url);
  const isCallerIdentity =
    url.protocol === 'https:' &&
    url.host === `sts.${region}.amazonaws.com` &&
    url.searchParams.get('Action') === 'GetCallerIdentity' &&
    request.method === 'POST';
  if (!isCallerIdentity) throw refuse('the request is not GetCallerIdentity at the regional STS endpoint');
  for (const needed of ['host', 'x-amz-date', 'x-amz-security-token']) {
    if (!signedHeaders.includes(needed)) throw refuse(`${needed} is not among the signed headers`);
  }

  const date = headers.get('x-amz-date') ?? '';
  const ageMs = Math.abs(nowMs - readAmzDate(date));
  if (!date.startsWith(day) || !(ageMs <= MAX_AGE_MS)) throw refuse('the signature is too old');

  const credentials = issuer.find(accessKeyId);
  if (credentials === undefined) throw refuse('the security token included in the request is invalid');
  if (headers.get('x-amz-security-token') !== credentials.sessionToken)
    throw refuse('the session token is not of this key');
  if (credentials.expiresAtMs <= nowMs) throw refuse('the security token included in the request is expired');

  const parts = { method: request.method, path: url.pathname, query: url.search.slice(1), headers, body: '' };
  if (!isSignedWith(credentials.secretAccessKey, signature, parts))
    throw refuse('the signature does not match');
  return credentials.callerArn;
}

function readSignedRequest(subjectToken: string): SignedRequest {
  try {
    const request = JSON.parse(decodeURIComponent(subjectToken)) as SignedRequest;
    if (typeof request.url === 'string' && Array.isArray(request.headers)) return request;
  } catch {
    // Handled below, like every other malformed request.
  }
  throw refuse('the subject token is not a serialised AWS request');
}

const refuse = (message: string) => new Refusal(400, 'invalid_grant', `AWS identity refused: ${message}`);
