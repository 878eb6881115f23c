import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CliContext } from '../../base/cli-context.ts';
import { runCommand, tryCommand, type CommandOptions } from '../../process/run-command.ts';
import { GO_BUILD_ENV } from '../../setup/tools.ts';
import type { StepIo } from '../../steps/run-steps.ts';
import {
  PROVIDER_GO_VERSION,
  PROVIDER_MODULE,
  PROVIDER_MODULE_VERSION,
  PROVIDER_SERVICES,
  SHORT_WAIT,
} from './provider-source.ts';
import { slimSource } from './slim-source.ts';
import { CliError, EXIT } from '../../base/cli-error.ts';

/** Increase it whenever the changes to the module's source change, so that an older build is not reused. */
const RECIPE = 2;

/** The module's own version; Terraform needs one in the mirror's path. */
export const BUILT_VERSION = '6.47.1';

export interface BuiltProvider {
  /** A filesystem mirror for Terraform: registry host, namespace, name, version, platform. */
  mirror: string;
  binary: string;
}

type BuildContext = Pick<CliContext, 'cacheDir' | 'env' | 'signal'>;

/** Path of the provider with this version, service list and waits; it may not exist yet. */
export function builtProviderPath(cacheDir: string): BuiltProvider {
  const key = createHash('sha256')
    .update(JSON.stringify([PROVIDER_MODULE_VERSION, PROVIDER_SERVICES, SHORT_WAIT, RECIPE]))
    .digest('hex')
    .slice(0, 12);
  const mirror = join(cacheDir, 'terraform-provider-aws', key);
  const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const binary = join(
    mirror,
    'registry.terraform.io/hashicorp/aws',
    BUILT_VERSION,
    platform,
    `terraform-provider-aws_v${BUILT_VERSION}`,
  );
  return { mirror, binary };
}

/** The built provider, if the cache has it. */
export async function findBuiltProvider(cacheDir: string): Promise<BuiltProvider | undefined> {
  const built = builtProviderPath(cacheDir);
  return (await stat(built.binary).catch(() => undefined)) ? built : undefined;
}

/**
 * Builds hashicorp/aws from its Go module, with only the needed services and with its fixed waits shortened: about four
 * minutes on two cores, or seconds with Go's build cache. An aborted build is removed.
 */
export async function buildProvider(context: BuildContext, io: StepIo): Promise<string> {
  const built = builtProviderPath(context.cacheDir);
  const go = await requireGo(context.env, PROVIDER_GO_VERSION);
  await mkdir(dirname(built.mirror), { recursive: true });
  const work = await mkdtemp(`${built.mirror}.building-`);
  const source = join(work, 'source');
  const run = (command: readonly string[], more: CommandOptions = {}) =>
    runCommand(command, {
      cwd: source,
      env: { ...context.env, ...GO_BUILD_ENV, GOFLAGS: '', GOWORK: 'off' },
      signal: context.signal,
      what: "Terraform's AWS provider can't be built.",
      next: 'Check that the Go module proxy can be reached and 5 GB of disk are free, then run the same command again.',
      ...more,
    });
  try {
    io.line(`fetching ${PROVIDER_MODULE}@${PROVIDER_MODULE_VERSION}`);
    const fetched = await run(
      [go, 'mod', 'download', '-json', `${PROVIDER_MODULE}@${PROVIDER_MODULE_VERSION}`],
      {
        cwd: work,
      },
    );
    const { Dir } = JSON.parse(fetched.stdout) as { Dir: string };
    await copyByLinks(Dir, source, run, work);
    const packages = async (): Promise<string[]> => {
      const template = `{{if not .Standard}}{{if eq .Module.Path "${PROVIDER_MODULE}"}}{{.Dir}}{{end}}{{end}}`;
      const listed = await run([go, 'list', '-deps', '-f', template, '.']);
      return listed.stdout.split('\n').filter(Boolean);
    };
    const kept = await slimSource(source, packages);
    let compiled = 0;
    const output = join(work, 'provider');
    await run([go, 'build', '-v', '-trimpath', '-ldflags=-s -w', '-o', output, '.'], {
      onLine: (line) => io.line(`${(compiled += 1)} packages compiled, now ${line}`),
    });
    await mkdir(dirname(built.binary), { recursive: true });
    await rename(output, built.binary);
    return `${BUILT_VERSION}, ${kept.services} services, ${kept.waits} fixed waits shortened`;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Uses hard links if the disk supports them: the module has 300 MB, and Go's module cache is read-only. */
async function copyByLinks(
  from: string,
  to: string,
  run: (command: readonly string[], more?: CommandOptions) => Promise<unknown>,
  cwd: string,
): Promise<void> {
  try {
    await run(['cp', '-al', from, to], { cwd });
  } catch {
    await rm(to, { recursive: true, force: true });
    await run(['cp', '-R', from, to], { cwd });
  }
  await run(['find', '.', '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+'], { cwd: to });
}

/** From this version on, Go itself downloads the toolchain that a module requires. */
const SELF_UPDATING = '1.21.0';

/** The path of a Go that can build a module which needs `version`. */
export async function requireGo(
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): Promise<string> {
  const path = Bun.which('go', { PATH: env['PATH'] ?? '' });
  if (!path) throw noGo(version, 'There is no go on PATH.');
  const found = /go(\d+\.\d+(?:\.\d+)?)/.exec((await tryCommand([path, 'version'], { env })).stdout)?.[1];
  if (!found || Bun.semver.order(withPatch(found), SELF_UPDATING) < 0) {
    throw noGo(version, `${path} is ${found ? `go ${found}` : 'of an unknown version'}.`);
  }
  return path;
}

function withPatch(version: string): string {
  return version.split('.').length === 2 ? `${version}.0` : version;
}

function noGo(version: string, why: string): CliError {
  return new CliError({
    what: "Terraform's AWS provider can't be built here.",
    why: `registry.terraform.io is out of reach, and building the provider needs Go. ${why}`,
    next: `Install Go ${version} or newer (https://go.dev/dl), or run where the Terraform registry can be reached.`,
    exitCode: EXIT.machine,
  });
}
