import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindContext } from '@lornu/ops/setup/find-tool.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';
import type { Github } from '@lornu/standins/github/server.ts';
import { cosignStandIn, signaturesIn } from './kit.ts';
import type { Registry } from './registry.ts';
import type { Cosign } from './sigstore/forgeries.ts';
import { startSigstore, findSigstore } from './sigstore/start.ts';

/** What was signed by whom: an image, or a statement about it, such as "cyclonedx". */
interface Signature {
  image: string;
  by: string;
  type: string;
}

/** cosign for a pipeline with a registry. */
export interface Signing {
  cosign: Cosign;
  /** Says whether it is cosign itself. */
  title: string;
  /** All signatures and attestations, in the order in which they were made. */
  signatures: () => Promise<Signature[]>;
  stop: () => Promise<void>;
}

/**
 * cosign with its own Sigstore on this machine, where its programs were built (which takes minutes, so only
 * `./lornu test --all` does); else the stand-in.
 */
export async function startSigning(
  folder: string,
  github: Github,
  registry: Registry,
  context: FindContext,
): Promise<Signing> {
  const programs = await findSigstore(context);
  if (!programs)
    return {
      cosign: cosignStandIn(folder, github),
      title: 'the stand-in for cosign signs: cosign is not built here (./lornu test signatures builds it)',
      signatures: async () => readStandIn(signaturesIn(folder)),
      stop: async () => {},
    };
  const sigstore = await startSigstore(programs, github.idTokens, join(folder, 'sigstore'));
  return {
    cosign: { program: programs.cosign, env: sigstore.env, github },
    title: `cosign ${TOOLS.cosign.pinned} signs, at a Sigstore on this machine`,
    signatures: async () => readBundles(registry),
    stop: sigstore.stop,
  };
}

async function readStandIn(path: string): Promise<Signature[]> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return lines.map((line) => {
    const { image, identity, statement } = JSON.parse(line) as {
      image: string;
      identity: string;
      statement: { type?: string };
    };
    return { image: image.replace(/^.*@/, ''), by: identity, type: statement.type ?? 'image' };
  });
}

/** https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto */
interface Bundle {
  verificationMaterial: { certificate: { rawBytes: string } };
  dsseEnvelope: { payload: string };
}

async function readBundles({ manifests, readBlob }: Registry): Promise<Signature[]> {
  const signatures: Signature[] = [];
  for (const text of manifests.values()) {
    const { subject, layers } = JSON.parse(text) as {
      subject?: { digest: string };
      layers: { digest: string }[];
    };
    if (!subject) continue;
    const bundle = JSON.parse((await readBlob(layers[0]?.digest ?? '')).toString()) as Bundle;
    const { certificate } = bundle.verificationMaterial;
    const { subjectAltName } = new X509Certificate(Buffer.from(certificate.rawBytes, 'base64'));
    const { predicateType } = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()) as {
      predicateType: string;
    };
    signatures.push({
      image: subject.digest,
      by: subjectAltName?.replace(/^URI:/, '') ?? '',
      type: predicateType.includes('cyclonedx') ? 'cyclonedx' : 'image',
    });
  }
  return signatures;
}
