import { type ClientCertificate, readCertificate } from './client-certificate.ts';

const LEAF_HEADER = 'x-amzn-mtls-clientcert-leaf';

/**
 * The certificate that the load balancer verified (mode verify; the leaf is URL-encoded PEM). To be asked only
 * of requests that came in on the port which nothing but that listener's target group reaches: anyone can send
 * the header. Undefined where it is missing or cannot be read.
 */
export function readAlbCertificate(headers: Headers): ClientCertificate | undefined {
  const value = headers.get(LEAF_HEADER);
  if (value === null) return undefined;
  try {
    return readCertificate(decodeURIComponent(value));
  } catch {
    return undefined;
  }
}
