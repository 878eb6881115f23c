import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { withSignIn } from '@lornu/ops/delivery/image/registry.ts';
import { requireSignature, SIGNER, signerOf } from '@lornu/ops/delivery/image/signature.ts';
import { tryCommand } from '@lornu/ops/process/run-command.ts';
import { startGithub, type Github } from '@lornu/standins/github/server.ts';
import { root } from '../kit.ts';
import { createRegistry, type Registry } from '../registry.ts';
import { findSigstore, type SigstorePrograms } from '../sigstore/programs.ts';
import { OTHER_ISSUER, startSigstore, type Sigstore } from '../sigstore/start.ts';

// Real signatures: cosign signs small images with the commands of `lornu image publish`, using a local certificate
// authority and local logs. `lornu apply` verifies the signatures with cosign.

setDefaultTimeout(300_000);

const PASSWORD = 'a-password';
const MAIN = `${SIGNER.repository}/${SIGNER.workflow}@${SIGNER.ref}`;

/** cosign found the signature and rejects it. */
const REFUSED = /could not be verified; cosign says: /;

let folder: string;
let programs: SigstorePrograms;
let github: Github;
let sigstore: Sigstore;
let registry: Registry;
let server: Bun.Server<undefined>;
let images = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lornu-signatures-'));
  const found = await findSigstore({ cacheDir: join(root, '.cache'), env: process.env });
  if (!found) throw new Error('cosign and its services are not built: ./lornu test signatures builds them');
  programs = found;
  github = startGithub(SIGNER.repository);
  registry = await createRegistry(join(folder, 'registry'), (password) => password === PASSWORD);
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: registry.answer });
  sigstore = await startSigstore(programs, github.idTokens, join(folder, 'sigstore'));
});
afterAll(async () => {
  await sigstore?.stop();
  await server?.stop(true);
  await github?.stop();
  await rm(folder, { recursive: true, force: true });
});

const given = () => ({
  host: `127.0.0.1:${server.port}`,
  repository: `127.0.0.1:${server.port}/lornu-agent`,
  password: PASSWORD,
});
const env = (trust = sigstore) => ({
  PATH: `${dirname(programs.cosign)}:/usr/bin:/bin`,
  HOME: folder,
  ...trust.env,
});

/** Pushes a small image to the registry, and returns its digest. */
async function pushImage(): Promise<string> {
  const layer = await registry.putBlob(`layer ${images++}`);
  const config = await registry.putBlob('{"architecture":"arm64","os":"linux","rootfs":{"type":"layers"}}');
  const part = async (mediaType: string, digest: string) => ({
    mediaType,
    digest,
    size: (await registry.readBlob(digest)).length,
  });
  return registry.putManifest(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: await part('application/vnd.oci.image.config.v1+json', config),
      layers: [await part('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
}

interface Job {
  workflowRef?: string;
  rights?: Record<string, 'read' | 'write'>;
  trust?: Sigstore;
  /** Another token in place of GitHub's. */
  token?: string;
}

/** Runs cosign as a job does, which gets its token from GitHub. */
async function cosign(words: readonly string[], { workflowRef = MAIN, rights, trust, token }: Job = {}) {
  const own = token
    ? { SIGSTORE_ID_TOKEN: token }
    : {
        ACTIONS_ID_TOKEN_REQUEST_URL: github.idTokenUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: github.issueToken(rights ?? { 'id-token': 'write' }, workflowRef),
      };
  return withSignIn(given(), { ...env(trust), ...own }, async (all) =>
    tryCommand(['cosign', ...words], { env: all, timeoutMs: 120_000 }),
  );
}

async function sign(digest: string, job: Job = {}): Promise<void> {
  const done = await cosign(['sign', '--yes', `${given().repository}@${digest}`], job);
  if (done.exitCode !== 0) throw new Error(done.tail.join('\n'));
}

async function signedImage(job: Job = {}): Promise<string> {
  const digest = await pushImage();
  await sign(digest, job);
  return digest;
}

/** Returns the signer, or the reason of the refusal. */
async function verify(digest: string): Promise<string> {
  const context = { env: env(), signal: new AbortController().signal };
  return requireSignature(digest, 'No.', context, given()).catch((error: unknown) => {
    if (error instanceof CliError) return error.parts.why ?? '';
    throw error;
  });
}

interface Bundle {
  verificationMaterial: { tlogEntries: unknown[]; timestampVerificationData?: unknown };
  dsseEnvelope: { payload: string; signatures: { sig: string }[] };
}
interface SignatureManifest {
  layers: { digest: string; size: number }[];
  subject: { digest: string; size: number };
}

/** Changes an image's signature and stores it again, at the same image or at another one. */
async function changeSignature(digest: string, change: (bundle: Bundle) => void, at = digest): Promise<void> {
  const [own = ''] = registry.referrersOf(digest);
  const manifest = JSON.parse(registry.manifests.get(own) ?? '{}') as SignatureManifest;
  const [layer] = manifest.layers;
  if (!layer) throw new Error('the signature has no bundle');
  const bundle = JSON.parse((await registry.readBlob(layer.digest)).toString()) as Bundle;
  change(bundle);
  const text = JSON.stringify(bundle);
  Object.assign(layer, { digest: await registry.putBlob(text), size: Buffer.byteLength(text) });
  const subject = registry.manifests.get(at) ?? '';
  Object.assign(manifest.subject, { digest: at, size: Buffer.byteLength(subject) });
  if (at === digest) registry.manifests.delete(own);
  registry.putManifest(JSON.stringify(manifest));
}

test('a signature of the workflow on main is accepted, and the log has its entry', async () => {
  const digest = await signedImage();
  expect(await verify(digest)).toBe(signerOf({}));
  const [own = ''] = registry.referrersOf(digest);
  const manifest = JSON.parse(registry.manifests.get(own) ?? '{}') as SignatureManifest;
  const bundle = JSON.parse((await registry.readBlob(manifest.layers[0]?.digest ?? '')).toString()) as Bundle;
  expect(bundle.verificationMaterial.tlogEntries).toHaveLength(1);
});

describe('refused is', () => {
  test('an image that nobody has signed', async () => {
    expect(await verify(await pushImage())).toContain('Nobody has signed sha256:');
  });

  test.each([
    ['a branch', MAIN.replace('refs/heads/main', 'refs/heads/feature')],
    ['a pull request', MAIN.replace('refs/heads/main', 'refs/pull/7/merge')],
    ['another workflow', MAIN.replace('terraform-aws.yml', 'test.yml')],
    ['another repository', MAIN.replace(SIGNER.repository, 'somebody/lornu-aws-staging')],
  ])('an image that %s has signed', async (_who, workflowRef) => {
    const digest = await signedImage({ workflowRef });
    expect(await verify(digest)).toContain(`was signed by https://github.com/${workflowRef}, not by`);
  });

  test('the word of another issuer for the same workflow', async () => {
    const token = await github.idTokens.issue({ workflowRef: MAIN }, 'sigstore', OTHER_ISSUER);
    const digest = await signedImage({ token });
    expect(await verify(digest)).toContain(`was signed on the word of ${OTHER_ISSUER}, not of`);
  });

  test("another image's signature", async () => {
    const [signed, other] = [await signedImage(), await pushImage()];
    await changeSignature(signed, () => {}, other);
    expect(registry.referrersOf(other)).toHaveLength(1);
    expect(await verify(other)).toMatch(REFUSED);
    expect(await verify(signed)).toBe(signerOf({}));
  });

  test.each<[string, (bundle: Bundle) => void]>([
    [
      'a changed signature',
      ({ dsseEnvelope: { signatures } }) => {
        const bytes = Buffer.from(signatures[0]?.sig ?? '', 'base64');
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        signatures[0] = { sig: bytes.toString('base64') };
      },
    ],
    [
      'a changed statement',
      (bundle) => {
        const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
        bundle.dsseEnvelope.payload = Buffer.from(`${text} `).toString('base64');
      },
    ],
    [
      'a signature without its entry in the log',
      (bundle) => void (bundle.verificationMaterial.tlogEntries = []),
    ],
    [
      'a signature without the time at which it was made',
      (bundle) => void delete bundle.verificationMaterial.timestampVerificationData,
    ],
  ])('%s', async (_what, change) => {
    const digest = await signedImage();
    expect(await verify(digest)).toBe(signerOf({}));
    await changeSignature(digest, change);
    expect(await verify(digest)).toMatch(REFUSED);
  });

  test('the right name in a certificate of another authority', async () => {
    const other = await startSigstore(programs, github.idTokens, join(folder, 'other'), sigstore.timestamps);
    try {
      const digest = await signedImage({ trust: other });
      expect(await verify(digest)).toMatch(REFUSED);
    } finally {
      await other.stop();
    }
  });
});

test('a taken port of the timestamp server is named, with the process that has it', async () => {
  const second = startSigstore(programs, github.idTokens, join(folder, 'second'));
  const refused = await second.catch(String);
  expect(refused).toMatch(/Port 2112 is taken by process \d+ \(.*timestamp-server.*\)\. /);
});

test('a job without the right to a token signs nothing', async () => {
  const digest = await pushImage();
  const image = `${given().repository}@${digest}`;
  const done = await cosign(['sign', '--yes', image], { rights: { contents: 'read' } });
  expect(done.exitCode).not.toBe(0);
  expect(registry.referrersOf(digest)).toEqual([]);
});

test('a bill of materials is attested by the same identity, which cosign takes for a signature of the image too', async () => {
  const digest = await pushImage();
  const image = `${given().repository}@${digest}`;
  const bill = join(folder, 'bill.json');
  await writeFile(bill, '{"bomFormat":"CycloneDX","specVersion":"1.6"}');
  const done = await cosign(['attest', '--yes', '--type', 'cyclonedx', '--predicate', bill, image]);
  expect(done.tail.join('\n')).not.toContain('Error');
  expect(done.exitCode).toBe(0);
  expect(await verify(digest)).toBe(signerOf({}));
  const words = ['verify-attestation', '--type', 'cyclonedx', '--certificate-identity', signerOf({})];
  const read = await cosign([...words, '--certificate-oidc-issuer', SIGNER.issuer, image]);
  expect(read.exitCode).toBe(0);
});
