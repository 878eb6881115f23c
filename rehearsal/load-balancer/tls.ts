import type { Listener } from './balancer.ts';
import { quote } from './patterns.ts';

/**
 * Protocols and ciphers of the security policies used here.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const POLICIES: Record<string, string> = {
  'ELBSecurityPolicy-TLS13-1-2-Res-2021-06': [
    'ssl-min-ver TLSv1.2',
    'ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
    'ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
  ].join(' '),
};

/** Arguments of `bind` for a TLS listener. Mode verify refuses clients without a certificate of its CAs. */
export function tlsArguments(
  listener: Listener,
  files: { certificate: string; trustStores: Readonly<Record<string, string>> },
  http2: boolean,
): string {
  if (listener.protocol === 'HTTP') return '';
  const policy = POLICIES[listener.sslPolicy ?? ''];
  if (!policy)
    throw new Error(
      `TLS policy ${listener.sslPolicy ?? 'none'} is not translated: add it to POLICIES in tls.ts`,
    );
  const parts = [`ssl crt ${quote(files.certificate)}`, policy, `alpn ${http2 ? 'h2,' : ''}http/1.1`];
  if (listener.mutualTls.mode === 'verify') {
    const authorities = files.trustStores[listener.mutualTls.trustStoreArn];
    if (!authorities) throw new Error(`no authorities for ${listener.mutualTls.trustStoreArn}`);
    parts.push(`ca-file ${quote(authorities)} verify required`);
  }
  return parts.join(' ');
}

/**
 * Headers of a verified client certificate, in the load balancer's form; values from the client under these names are
 * dropped. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
 */
export const CERTIFICATE_HEADERS: readonly string[] = [
  'http-request del-header X-Amzn-Mtls-Clientcert -m beg',
  'http-request set-header X-Amzn-Mtls-Clientcert-Serial-Number %[ssl_c_serial,hex]',
  'http-request set-header X-Amzn-Mtls-Clientcert-Issuer %{+Q}[ssl_c_i_dn(,0,rfc2253)]',
  'http-request set-header X-Amzn-Mtls-Clientcert-Subject %{+Q}[ssl_c_s_dn(,0,rfc2253)]',
  `http-request set-header X-Amzn-Mtls-Clientcert-Validity NotBefore=%[ssl_c_notbefore,${isoTime()}];NotAfter=%[ssl_c_notafter,${isoTime()}]`,
  `http-request set-header X-Amzn-Mtls-Clientcert-Leaf -----BEGIN%%20CERTIFICATE-----%%0A%[ssl_c_der,base64,'regsub("(.{64})","\\1%0A",g)']%%0A-----END%%20CERTIFICATE-----%%0A`,
];

function isoTime(): string {
  // The single quotes are for the configuration; the double ones are the converter's.
  return `'regsub("^(..)(..)(..)(..)(..)(..)Z$","20\\1-\\2-\\3T\\4:\\5:\\6Z")'`;
}
