import { X509Certificate } from 'node:crypto';

/** A client certificate whose chain was verified, by us or by the load balancer. */
export interface ClientCertificate {
  /** Subject alternative names as `URI:…` and `DNS:…`. */
  names: readonly string[];
  validFromMs: number;
  validToMs: number;
}

/**
 * Reads a certificate (PEM text or DER). Undefined if it is unreadable or its names are ambiguous: Node quotes names
 * with special characters, which a split at commas would break (CVE-2021-44532).
 */
export function readCertificate(certificate: string | Uint8Array): ClientCertificate | undefined {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return undefined;
  }
  const alternativeNames = parsed.subjectAltName ?? '';
  if (alternativeNames.includes('"')) return undefined;
  return {
    names: alternativeNames.split(', ').filter((name) => /^(URI|DNS):./.test(name)),
    validFromMs: Date.parse(parsed.validFrom),
    validToMs: Date.parse(parsed.validTo),
  };
}

/** The first name of the list that the certificate has: `spiffe://…` and other URIs as URI, the rest as DNS. */
export function findPeer(
  certificate: ClientCertificate,
  peers: ReadonlyMap<string, string>,
  nowMs: number,
): string | undefined {
  if (nowMs < certificate.validFromMs || nowMs > certificate.validToMs) return undefined;
  for (const name of certificate.names) {
    const peer = peers.get(name);
    if (peer !== undefined) return peer;
  }
  return undefined;
}
