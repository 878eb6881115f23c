import { describe, expect, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError, EXIT } from '../../base/cli-error.ts';
import type { Registry } from './registry.ts';
import { explainRefusal, requireSignature, SIGNER, signerOf } from './signature.ts';

const ROOT = join(import.meta.dir, '../../..');
const DIGEST = `sha256:${'a'.repeat(64)}`;
const REGISTRY: Registry = { host: 'r.example', repository: 'r.example/lornu-agent', password: 'a-password' };

/** Runs with a fake cosign: a script that prints something and exits with a code. */
async function verifyWith(script: string): Promise<{ result: unknown; asked: string; config: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-signature-'));
  try {
    const text = `#!/bin/sh\necho "$*" >${folder}/asked\ncp "$DOCKER_CONFIG/config.json" ${folder}/config\n${script}\n`;
    await writeFile(join(folder, 'cosign'), text, { mode: 0o755 });
    const context = { env: { PATH: `${folder}:/usr/bin:/bin` }, signal: new AbortController().signal };
    const result = await requireSignature(DIGEST, 'No.', context, REGISTRY).catch((error: unknown) => error);
    const [asked, config] = await Promise.all(
      ['asked', 'config'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    return { result, asked: asked?.trim() ?? '', config: config ?? '' };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the signer', () => {
  test('is the workflow of this repository, on main', async () => {
    expect((await stat(join(ROOT, SIGNER.workflow))).isFile()).toBe(true);
    expect(SIGNER.ref).toBe('refs/heads/main');
  });

  test('is in the repository of the current run', () => {
    expect(signerOf({ GITHUB_REPOSITORY: 'a/b' })).toBe(
      'https://github.com/a/b/.github/workflows/terraform-aws.yml@refs/heads/main',
    );
  });
});

describe('a signature', () => {
  test('is verified by digest, identity and issuer, with a password that is no argument and is deleted afterwards', async () => {
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('lornu-registry-'));
    const { result, asked, config } = await verifyWith('exit 0');
    expect(result).toBe(signerOf({}));
    expect(asked).toBe(
      `verify --certificate-identity ${signerOf({})} --certificate-oidc-issuer ${SIGNER.issuer} r.example/lornu-agent@${DIGEST}`,
    );
    const auth = Buffer.from('AWS:a-password').toString('base64');
    expect(JSON.parse(config)).toEqual({ auths: { 'r.example': { auth } } });
    const after = (await readdir(tmpdir())).filter((name) => name.startsWith('lornu-registry-'));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  test('that is missing is refused with a next step', async () => {
    const { result } = await verifyWith('echo "Error: no signatures found" >&2; exit 10');
    if (!(result instanceof CliError)) throw new Error('it was not refused');
    expect([result.message, result.parts.why]).toEqual(['No.', `Nobody has signed ${DIGEST.slice(0, 19)}.`]);
    expect(result.parts.next).toContain('./lornu rollback --list');
    expect(result.exitCode).toBe(EXIT.failed);
  });

  test('cannot be verified without cosign', async () => {
    const context = { env: { PATH: '/nowhere' }, signal: new AbortController().signal };
    const error: unknown = await requireSignature(DIGEST, 'No.', context, REGISTRY).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).exitCode).toBe(EXIT.machine);
  });
});

// cosign 3.1.3 reports errors of its older signatures in other words than those of bundles.
test.each([
  ['Error: no signatures found', 'Nobody has signed'],
  ['Error: no matching attestations: no valid bundles exist in registry', 'Nobody has signed'],
  [
    'Error: no matching signatures: none of the expected identities matched what was in the certificate, got subjects [x@y.example] with issuer z',
    'was signed by x@y.example, not by me',
  ],
  [
    'Error: no matching attestations: failed to verify certificate identity: no matching CertificateIdentity found, last error: expected SAN value "me", got "you"',
    'was signed by you, not by me',
  ],
  [
    'Error: no matching attestations: failed to verify certificate identity: no matching CertificateIdentity found, last error: expected issuer value "https://token.actions.githubusercontent.com", got "https://a.example"',
    'was signed on the word of https://a.example, not of https://token.actions',
  ],
  [
    'Error: no matching signatures: none of the expected identities matched what was in the certificate, got subjects [me] with issuer https://a.example',
    'was signed on the word of https://a.example, not of https://token.actions',
  ],
  [
    'Error: GET https://r/v2/a/manifests/b: MANIFEST_UNKNOWN: Requested image not found',
    'The repository has no',
  ],
  ['Error: getting trusted root: dial tcp: no such host', 'cosign says: getting trusted root: dial tcp'],
])('%s', (line, why) => {
  const said = explainRefusal(DIGEST, 'me', {
    tail: [line, 'error during command execution'],
    timedOut: false,
  });
  expect(said).toContain(why);
});
