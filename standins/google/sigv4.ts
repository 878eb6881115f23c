import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedParts {
  method: string;
  path: string;
  query: string;
  /** By lower-case name. */
  headers: ReadonlyMap<string, string>;
  body: string;
}

export interface Signature {
  accessKeyId: string;
  /** YYYYMMDD. */
  day: string;
  region: string;
  service: string;
  signedHeaders: string[];
  signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** The parts of AWS's Authorization header; undefined for any other header. */
export function readSignature(authorization: string): Signature | undefined {
  const [, accessKeyId, day, region, service, signedHeaders, signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (!accessKeyId || !day || !region || !service || !signedHeaders || !signature) return undefined;
  return { accessKeyId, day, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/** Whether the signature was made with this key over these parts (AWS, "Signature Version 4"). */
export function isSignedWith(secretAccessKey: string, given: Signature, parts: SignedParts): boolean {
  const { day, region, service, signedHeaders } = given;
  const canonical = [
    parts.method,
    parts.path,
    parts.query,
    ...signedHeaders.map((name) => `${name}:${(parts.headers.get(name) ?? '').trim()}`),
    '',
    signedHeaders.join(';'),
    sha256(parts.body),
  ].join('\n');
  const scope = [day, region, service, 'aws4_request'];
  const key = scope.reduce(hmac, Buffer.from(`AWS4${secretAccessKey}`));
  const date = parts.headers.get('x-amz-date') ?? '';
  const computed = hmac(key, ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n'));
  return timingSafeEqual(computed, Buffer.from(given.signature, 'hex'));
}

/** x-amz-date in milliseconds since the epoch; NaN if it is malformed. */
export function readAmzDate(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
