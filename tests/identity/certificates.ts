// @peculiar/x509 takes its parts from a container that needs this.
// oxlint-disable-next-line import/no-unassigned-import -- it works by being there
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Made {
  /** PEM. */
  certificate: string;
  key: string;
}

export interface Authority extends Made {
  /** Issues a certificate signed by this CA. */
  issue(options: {
    names: { type: 'url' | 'dns' | 'ip'; value: string }[];
    notBefore?: Date;
    notAfter?: Date;
  }): Promise<Made>;
}

const days = (count: number) => new Date(Date.now() + count * 86_400_000);

/** Creates a CA for a test. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: days(-30),
    notAfter: days(30),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    certificate: authority.toString('pem'),
    key: await toPem(keys.privateKey),
    async issue({ names, notBefore = days(-1), notAfter = days(7) }) {
      const own = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create({
        subject: 'CN=peer',
        issuer: authority.subject,
        notBefore,
        notAfter,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [new x509.SubjectAlternativeNameExtension(names)],
      });
      return { certificate: certificate.toString('pem'), key: await toPem(own.privateKey) };
    },
  };
}

async function toPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
