import { type ClientCertificate, readCertificate } from './client-certificate.ts';

const LEAF_HEADER = 'x-amzn-mtls-clientcert-leaf';

/**
 * The certificate that the load balancer verified (mode verify; the leaf as URL-encoded PEM). Call it only for requests
 * on the port that nothing but that listener's target group can reach: anyone can send the header. Undefined if it is
 * missing or unreadable.
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
