import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIGNER, signerOf } from '@lornu/ops/delivery/image/signature.ts';
import { startGithub, type Github } from '@lornu/standins/github/server.ts';
import { root } from '../kit.ts';
import { createRegistry, pushSmallImage, type Registry } from '../registry.ts';
import {
  runCosign,
  signedImage,
  testForgeries,
  verifyImage,
  type Change,
  type ForgeryBench,
} from '../sigstore/forgeries.ts';
import { startSigstore, type Sigstore, findSigstore, type SigstorePrograms } from '../sigstore/start.ts';

// Real signatures: cosign signs small images with the commands of `lornu image publish`, using a local certificate
// authority and local logs. `lornu apply` verifies the signatures with cosign.

setDefaultTimeout(300_000);

const PASSWORD = 'a-password';

let folder: string;
let programs: SigstorePrograms;
let github: Github;
let sigstore: Sigstore;
let other: Sigstore | undefined;
let registry: Registry;
let server: Bun.Server<undefined>;
let bench: ForgeryBench;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lornu-signatures-'));
  const found = await findSigstore({ cacheDir: join(root, '.cache'), env: process.env });
  if (!found) throw new Error('cosign and its services are not built: ./lornu test signatures builds them');
  programs = found;
  github = startGithub(SIGNER.repository);
  registry = await createRegistry(join(folder, 'registry'), (password) => password === PASSWORD);
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: registry.answer });
  sigstore = await startSigstore(programs, github.idTokens, join(folder, 'sigstore'));
  const host = `127.0.0.1:${server.port}`;
  bench = {
    cosign: { program: programs.cosign, env: sigstore.env, github },
    registry: { host, repository: `${host}/lornu-agent`, password: PASSWORD },
    push: async () => pushSmallImage(registry),
    change: changeSignature,
    elsewhere: async () => {
      other ??= await startSigstore(programs, github.idTokens, join(folder, 'other'), sigstore.timestamps);
      return other.env;
    },
  };
});
afterAll(async () => {
  await other?.stop();
  await sigstore?.stop();
  await server?.stop(true);
  await github?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Bundle {
  verificationMaterial: { tlogEntries: unknown[]; timestampVerificationData?: unknown };
  dsseEnvelope: { payload: string; signatures: { sig: string }[] };
}
interface SignatureManifest {
  layers: { digest: string; size: number }[];
  subject: { digest: string; size: number };
}

const CHANGES: Readonly<Record<Change, (bundle: Bundle) => void>> = {
  nothing: () => {},
  'the signature': ({ dsseEnvelope: { signatures } }) => {
    const bytes = Buffer.from(signatures[0]?.sig ?? '', 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    signatures[0] = { sig: bytes.toString('base64') };
  },
  'the statement': ({ dsseEnvelope }) => {
    const text = Buffer.from(dsseEnvelope.payload, 'base64').toString();
    dsseEnvelope.payload = Buffer.from(`${text} `).toString('base64');
  },
  'no log entry': ({ verificationMaterial }) => void (verificationMaterial.tlogEntries = []),
  'no time': ({ verificationMaterial }) => void delete verificationMaterial.timestampVerificationData,
};

async function readSignature(
  digest: string,
): Promise<{ own: string; manifest: SignatureManifest; bundle: Bundle }> {
  const [own = ''] = registry.referrersOf(digest);
  const manifest = JSON.parse(registry.manifests.get(own) ?? '{}') as SignatureManifest;
  const bytes = await registry.readBlob(manifest.layers[0]?.digest ?? '');
  return { own, manifest, bundle: JSON.parse(bytes.toString()) as Bundle };
}

async function changeSignature(digest: string, change: Change, at = digest): Promise<void> {
  const { own, manifest, bundle } = await readSignature(digest);
  CHANGES[change](bundle);
  const text = JSON.stringify(bundle);
  manifest.layers = [
    { ...manifest.layers[0], digest: await registry.putBlob(text), size: Buffer.byteLength(text) },
  ];
  const subject = registry.manifests.get(at) ?? '';
  Object.assign(manifest.subject, { digest: at, size: Buffer.byteLength(subject) });
  if (at === digest) registry.manifests.delete(own);
  registry.putManifest(JSON.stringify(manifest));
}

test('a signature of the workflow on main is accepted, and the log has its entry', async () => {
  const digest = await signedImage(bench);
  expect(await verifyImage(bench, digest)).toBe(signerOf({}));
  const { bundle } = await readSignature(digest);
  expect(bundle.verificationMaterial.tlogEntries).toHaveLength(1);
});

testForgeries(() => bench);

test('a taken port of the timestamp server is named, with the process that has it', async () => {
  const second = startSigstore(programs, github.idTokens, join(folder, 'second'));
  const refused = await second.catch(String);
  expect(refused).toMatch(/Port 2112 is taken by process \d+ \(.*timestamp-server.*\)\. /);
});

test('a job without the right to a token signs nothing', async () => {
  const digest = await bench.push();
  const image = `${bench.registry.repository}@${digest}`;
  const job = { rights: { contents: 'read' } } as const;
  const done = await runCosign(bench.cosign, ['sign', '--yes', image], bench.registry, job);
  expect(done.exitCode).not.toBe(0);
  expect(registry.referrersOf(digest)).toEqual([]);
});

test('a bill of materials is attested by the same identity, which cosign takes for a signature of the image too', async () => {
  const digest = await bench.push();
  const image = `${bench.registry.repository}@${digest}`;
  const bill = join(folder, 'bill.json');
  await writeFile(bill, '{"bomFormat":"CycloneDX","specVersion":"1.6"}');
  const cosign = async (words: readonly string[]) => runCosign(bench.cosign, words, bench.registry);
  const done = await cosign(['attest', '--yes', '--type', 'cyclonedx', '--predicate', bill, image]);
  expect(done.tail.join('\n')).not.toContain('Error');
  expect(done.exitCode).toBe(0);
  expect(await verifyImage(bench, digest)).toBe(signerOf({}));
  const words = ['verify-attestation', '--type', 'cyclonedx', '--certificate-identity', signerOf({})];
  const read = await cosign([...words, '--certificate-oidc-issuer', SIGNER.issuer, image]);
  expect(read.exitCode).toBe(0);
});
