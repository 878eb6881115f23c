import { X509Certificate } from 'node:crypto';

/** A client's certificate whose chain somebody we trust has verified. */
export interface ClientCertificate {
  /** Subject alternative names as `URI:…` and `DNS:…`. */
  names: readonly string[];
  validFromMs: number;
  validToMs: number;
}

/**
 * Reads a certificate (PEM text or DER). Undefined where it cannot be read or its names are ambiguous: Node
 * quotes names with odd characters, which a list split at commas would take apart (CVE-2021-44532).
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

/** Where a name on the list stands in the certificate: `spiffe://…` and other URIs as URI, the rest as DNS. */
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
