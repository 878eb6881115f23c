import { CliError, EXIT } from '../../base/cli-error.ts';
import { tryCommand } from '../../process/run-command.ts';

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
