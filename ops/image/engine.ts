import { CliError, EXIT } from '../base/cli-error.ts';
import { SYSTEM_DIRS } from '../setup/find-tool.ts';
import { tryCommand } from '../process/run-command.ts';

export type EngineKind = 'podman' | 'docker' | 'buildah';

/** The program that builds and runs images, with the options that it needs on this machine. */
export interface Engine {
  kind: EngineKind;
  path: string;
  buildFlags: readonly string[];
  runFlags: readonly string[];
  /** How this machine differs from a plain one; for the report. */
  note?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const KINDS: readonly EngineKind[] = ['podman', 'docker', 'buildah'];
const PROBE_MS = 60_000;

/** The first available of podman, docker, buildah, or the requested one. */
export async function findEngine(env: Env, wanted?: EngineKind): Promise<Engine> {
  for (const kind of wanted ? [wanted] : KINDS) {
    const path = Bun.which(kind, { PATH: env['PATH'] ?? '' });
    if (!path) continue;
    // A docker client without a daemon can't build.
    const answers = await tryCommand([path, kind === 'docker' ? 'info' : '--version'], {
      timeoutMs: PROBE_MS,
    });
    if (answers.exitCode === 0) return { kind, path, buildFlags: [], runFlags: [] };
  }
  throw new CliError({
    what: `No working ${wanted ?? 'podman, docker or buildah'} was found.`,
    why: 'Images are built and run by one of them.',
    next:
      process.platform === 'darwin'
        ? 'brew install podman && podman machine init --now'
        : 'sudo apt-get install -y podman runc',
    exitCode: EXIT.machine,
  });
}

/**
 * Adapts the engine to this machine by running our own `true` in the given image. A plain machine needs no options;
 * inside a container or sandbox, limits may not be raised and the default runtime may refuse its cgroups.
 */
export async function fitEngine(
  engine: Engine,
  image: string,
  command: readonly string[],
  env: Env,
): Promise<Engine> {
  if (engine.kind === 'buildah') return { ...engine, buildFlags: CONFINED_BUILD };
  const limit = (await tryCommand(['sh', '-c', 'ulimit -Hn'])).stdout.trim();
  const limits = ['--ulimit', `nofile=${limit}:${limit}`, '--ulimit', 'nproc=4096:4096'];
  const runc =
    engine.kind === 'podman' ? Bun.which('runc', { PATH: [env['PATH'], ...SYSTEM_DIRS].join(':') }) : null;
  const attempts: { runFlags: readonly string[]; note?: string }[] = [
    { runFlags: [] },
    { runFlags: limits, note: 'this machine does not let limits be raised' },
    ...(runc
      ? [{ runFlags: ['--runtime', runc, ...limits], note: 'crun refuses this machine, runc is used' }]
      : []),
  ];
  let said = '';
  for (const { runFlags, note } of attempts) {
    const [runtime, rest] = splitRuntime(runFlags);
    const tried = await tryCommand(
      [engine.path, ...runtime, 'run', '--rm', '--network=host', ...rest, image, ...command],
      { timeoutMs: PROBE_MS },
    );
    if (tried.exitCode === 0)
      return { ...engine, runFlags, buildFlags: note ? CONFINED_BUILD : [], ...(note ? { note } : {}) };
    said = tried.tail.at(-1) ?? said;
  }
  const found = await tryCommand([engine.path, 'image', 'inspect', image], { timeoutMs: PROBE_MS });
  if (found.exitCode !== 0)
    throw new CliError({
      what: `There is no image ${image}.`,
      why: said,
      next: `./lornu image build agent builds one and prints its name; ${engine.kind} images lists those on this machine.`,
      exitCode: EXIT.machine,
    });
  throw new CliError({
    what: `${engine.kind} can't run a container here.`,
    why: said,
    next: 'sudo apt-get install -y runc, or run this where containers may be started.',
    exitCode: EXIT.machine,
  });
}

/** Separates runtime options: podman takes them before the subcommand. */
export function splitRuntime(flags: readonly string[]): [string[], string[]] {
  return flags[0] === '--runtime' ? [flags.slice(0, 2), flags.slice(2)] : [[], [...flags]];
}

const CONFINED_BUILD = ['--isolation=chroot', '--network=host'];
