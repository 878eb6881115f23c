import { createHash } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { runCommand, tryCommand } from '../process/run-command.ts';
import type { StepIo } from '../steps/run-steps.ts';

/**
 * The version that terraform/aws requires (required_version), and the release that is downloaded if none is installed.
 */
export const OLDEST_TERRAFORM = '1.11.0';
export const FETCHED_TERRAFORM = '1.11.4';
const RELEASES = 'https://releases.hashicorp.com/terraform';
const DOWNLOAD_MS = 5 * 60_000;

export interface FoundTerraform {
  path: string;
  version: string;
}

type FindContext = Pick<CliContext, 'cacheDir' | 'env' | 'signal'>;

/**
 * Terraform on PATH if it is new enough, else the official release in the cache, downloaded once and verified by
 * checksum.
 */
export async function findTerraform(
  context: FindContext,
  io: StepIo,
  releases = RELEASES,
): Promise<FoundTerraform> {
  const onPath = Bun.which('terraform', { PATH: context.env['PATH'] ?? '' });
  const version = onPath ? await versionOf(onPath, context) : undefined;
  if (onPath && version && Bun.semver.order(version, OLDEST_TERRAFORM) >= 0) return { path: onPath, version };

  const path = join(context.cacheDir, `terraform-${FETCHED_TERRAFORM}`, 'terraform');
  if (!(await stat(path).catch(() => undefined))) {
    io.line(
      version ? `terraform ${version} is too old, ${OLDEST_TERRAFORM} is needed` : 'no terraform on PATH',
    );
    await fetchRelease(path, context, io, releases);
  }
  return { path, version: FETCHED_TERRAFORM };
}

async function versionOf(path: string, context: FindContext): Promise<string | undefined> {
  const result = await tryCommand([path, 'version', '-json'], {
    env: { ...context.env, CHECKPOINT_DISABLE: '1' },
    timeoutMs: 20_000,
    signal: context.signal,
  });
  return /"terraform_version":\s*"([^"]+)"/.exec(result.stdout)?.[1];
}

async function fetchRelease(path: string, context: FindContext, io: StepIo, releases: string): Promise<void> {
  const name = `terraform_${FETCHED_TERRAFORM}_${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}.zip`;
  const base = `${releases}/${FETCHED_TERRAFORM}`;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(DOWNLOAD_MS)]);
  io.line(`fetching ${base}/${name}`);
  const sums = await download(`${base}/terraform_${FETCHED_TERRAFORM}_SHA256SUMS`, signal);
  const archive = await download(`${base}/${name}`, signal);
  const expected = new RegExp(`^([0-9a-f]{64})  ${RegExp.escape(name)}$`, 'm').exec(
    new TextDecoder().decode(sums),
  )?.[1];
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) {
    throw noTerraform(
      `The checksum of ${name} is ${actual}, the release's list says ${expected ?? 'nothing'}.`,
    );
  }
  const folder = join(path, '..');
  const making = `${folder}.making-${process.pid}`;
  try {
    await mkdir(making, { recursive: true });
    await writeFile(join(making, name), archive);
    await runCommand(['python3', '-m', 'zipfile', '-e', join(making, name), making], { env: context.env });
    await rm(join(making, name));
    await chmod(join(making, 'terraform'), 0o755);
    await rename(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throw noTerraform(`${url} can't be fetched: ${cause instanceof Error ? cause.message : String(cause)}.`);
  });
  if (!response.ok) throw noTerraform(`${url} answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

function noTerraform(why: string): CliError {
  return new CliError({
    what: `Terraform ${OLDEST_TERRAFORM} or newer is missing.`,
    why,
    next: `Install Terraform ${FETCHED_TERRAFORM} (https://developer.hashicorp.com/terraform/install) and put it on PATH.`,
    exitCode: EXIT.machine,
  });
}
