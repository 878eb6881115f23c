import { cp, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { runCommand, tryCommand } from '../process/run-command.ts';
import { ensureTools } from '../setup/ensure-tools.ts';
import { findTool } from '../setup/find-tool.ts';
import { TOOLS } from '../setup/tools.ts';
import type { Emit } from '../steps/step-events.ts';

const SUITE = 'bookworm';
const PACKAGES = ['ca-certificates', 'python3'];
const DEBOOTSTRAP_MS = 15 * 60_000;

type BaseArg = 'BUN_IMAGE' | 'PYTHON_IMAGE' | 'UV_IMAGE';
/** The program that builds images. */
interface Engine {
  kind: string;
  path: string;
}

export type StandInContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'>;

/**
 * Makes a stand-in for a base image that can't be pulled: the same Debian root with the pinned bun, with Python 3.11,
 * or only the pinned uv. It is named localhost/lornu-stand-in/..., so that nobody mistakes it for the real one or
 * pushes it.
 */
export async function makeStandIn(
  arg: BaseArg,
  engine: Engine,
  context: StandInContext,
  io: { emit: Emit; line: (line: string) => void },
): Promise<string> {
  const image = nameOf(arg);
  const inspect = engine.kind === 'buildah' ? ['inspect', '--type', 'image'] : ['image', 'inspect'];
  if ((await tryCommand([engine.path, ...inspect, image])).exitCode === 0) return image;

  const folder = join(context.cacheDir, 'image', arg.toLowerCase());
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if (arg === 'UV_IMAGE') await layOutUv(folder, context);
  else await layOutDebian(arg, folder, context, io);
  const build = engine.kind === 'buildah' ? ['build'] : ['build', '--quiet'];
  await runCommand([engine.path, ...build, '--network=host', '-t', image, folder], {
    env: context.env,
    signal: context.signal,
    onLine: io.line,
    what: `The stand-in for ${arg} can't be built.`,
  });
  await rm(folder, { recursive: true, force: true });
  return image;
}

function nameOf(arg: BaseArg): string {
  const names: Record<BaseArg, string> = {
    BUN_IMAGE: `bun:${Bun.version}`,
    PYTHON_IMAGE: `python:3.11-${SUITE}`,
    UV_IMAGE: `uv:${TOOLS.uv.pinned}`,
  };
  return `localhost/lornu-stand-in/${names[arg]}`;
}

async function layOutUv(folder: string, context: StandInContext): Promise<void> {
  const uv = await findTool(TOOLS.uv, context);
  if (!uv) throw new Error('uv was made sure of before.');
  await cp(uv.path, join(folder, 'uv'));
  await Bun.write(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY uv /uv\n');
}

async function layOutDebian(
  arg: BaseArg,
  folder: string,
  context: StandInContext,
  io: { emit: Emit; line: (line: string) => void },
): Promise<void> {
  const root = await debianRoot(context, io);
  // A hard link: the archive has 100 MB and both bases begin with it.
  await runCommand(['ln', root, join(folder, 'root.tar')]);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  if (arg === 'BUN_IMAGE') await cp(process.execPath, join(bin, 'bun'), { dereference: true });
  else
    for (const name of ['python', 'python3', 'python3.11'])
      await symlink('/usr/bin/python3.11', join(bin, name));
  await Bun.write(
    join(folder, 'Dockerfile'),
    'FROM scratch\nADD root.tar /\nCOPY bin/ /usr/local/bin/\nENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n',
  );
}

/** A Debian root as an archive in the cache, made once by debootstrap from the distribution's packages. */
async function debianRoot(
  context: StandInContext,
  io: { emit: Emit; line: (line: string) => void },
): Promise<string> {
  const archive = join(context.cacheDir, 'image', `${SUITE}-${PACKAGES.join('-')}.tar`);
  if (await Bun.file(archive).exists()) return archive;
  if (process.getuid?.() !== 0 || !Bun.which('apt-get')) {
    throw new CliError({
      what: "The base images can't be pulled, and stand-ins can't be built here.",
      why: 'A stand-in is built with debootstrap, as root on Debian or Ubuntu.',
      next: 'Check the network and the registry, then run the same command again; or run it as root on Debian.',
      exitCode: EXIT.machine,
    });
  }
  await ensureTools(['debootstrap'], context, io.emit);
  const root = join(context.cacheDir, 'image', `${SUITE}-root`);
  await rm(root, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  const options = { env: context.env, signal: context.signal, onLine: io.line, timeoutMs: DEBOOTSTRAP_MS };
  await runCommand(
    [
      (await findTool(TOOLS.debootstrap, context))?.path ?? 'debootstrap',
      '--variant=minbase',
      `--include=${PACKAGES.join(',')}`,
      SUITE,
      root,
    ],
    {
      ...options,
      what: "The Debian root for the stand-in base images can't be built.",
      next: 'Check the network and the disk, then run the same command again.',
    },
  );
  const leftOut = [
    'var/cache/apt',
    'var/lib/apt/lists',
    'usr/share/doc',
    'usr/share/man',
    'usr/share/locale',
    'dev',
  ];
  const excludes = leftOut.map((path) => `--exclude=./${path}/*`);
  await runCommand(
    ['tar', '-C', root, '--numeric-owner', ...excludes, '-cf', `${archive}.part`, '.'],
    options,
  );
  await rename(`${archive}.part`, archive);
  await rm(root, { recursive: true, force: true });
  return archive;
}
