import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.ts';
import type { TaskCredentialsIssuer } from './task-credentials.ts';

interface SignedRequest {
  url: string;
  method: string;
  headers: { key: string; value: string }[];
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/sts\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** AWS refuses requests that were signed longer ago. */
const MAX_AGE_MS = 15 * 60_000;

/**
 * Google's STS passes the signed GetCallerIdentity request on to AWS; this does what AWS then does: it
 * computes the signature anew (AWS, "Signature Version 4") and names the caller. Throws Refusal.
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
  const [, accessKeyId = '', day = '', region = '', signedHeaders = '', signature = ''] =
    AUTHORIZATION.exec(headers.get('authorization') ?? '') ?? [];
  if (accessKeyId === '') throw refuse('the authorization header is not a SigV4 signature for sts');

  const url = new URL(request.url);
  const isCallerIdentity =
    url.protocol === 'https:' &&
    url.host === `sts.${region}.amazonaws.com` &&
    url.searchParams.get('Action') === 'GetCallerIdentity' &&
    request.method === 'POST';
  if (!isCallerIdentity) throw refuse('the request is not GetCallerIdentity at the regional STS endpoint');
  for (const needed of ['host', 'x-amz-date', 'x-amz-security-token']) {
    if (!signedHeaders.split(';').includes(needed)) throw refuse(`${needed} is not among the signed headers`);
  }

  const date = headers.get('x-amz-date') ?? '';
  const signedAtMs = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  if (!date.startsWith(day) || !(Math.abs(nowMs - signedAtMs) <= MAX_AGE_MS))
    throw refuse('the signature is too old');

  const credentials = issuer.find(accessKeyId);
  if (credentials === undefined) throw refuse('the security token included in the request is invalid');
  if (headers.get('x-amz-security-token') !== credentials.sessionToken)
    throw refuse('the session token is not of this key');
  if (credentials.expiresAtMs <= nowMs) throw refuse('the security token included in the request is expired');

  const canonical = [
    request.method,
    url.pathname,
    url.search.slice(1),
    ...signedHeaders.split(';').map((name) => `${name}:${(headers.get(name) ?? '').trim()}`),
    '',
    signedHeaders,
    sha256(''),
  ].join('\n');
  const scope = `${day}/${region}/sts/aws4_request`;
  const key = [day, region, 'sts', 'aws4_request'].reduce(
    hmac,
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const computed = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`);
  if (!timingSafeEqual(computed, Buffer.from(signature, 'hex'))) throw refuse('the signature does not match');
  return credentials.callerArn;
}

function readSignedRequest(subjectToken: string): SignedRequest {
  try {
    const request = JSON.parse(decodeURIComponent(subjectToken)) as SignedRequest;
    if (typeof request.url === 'string' && Array.isArray(request.headers)) return request;
  } catch {
    // Answered below, like every other form that is wrong.
  }
  throw refuse('the subject token is not a serialised AWS request');
}

const refuse = (message: string) => new Refusal(400, 'invalid_grant', `AWS identity refused: ${message}`);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
