import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '@lornu/ops/base/cli-error.ts';
import { buildImages, type Target } from '@lornu/ops/image/build-image.ts';
import { findEngine, type Engine } from '@lornu/ops/image/engine.ts';
import { leaveWill, removeLeftBehind, type Will } from '../containers/left-behind.ts';
import { mostFiles, type MachineLimits } from '../containers/limit-flags.ts';
import { startPodmanContainer } from '../containers/podman-container.ts';
import { openPodman, type Podman, ownName, OWNER_LABEL, tryMachine } from '../containers/podman.ts';
import type { RehearsalContext } from '../run/standing.ts';
import { type ImageRunner, type Runtime, type StoredImage, oncePerRuntime } from './images.ts';

const TARGET: Readonly<Record<Runtime, { target: Target; program: string }>> = {
  bun: { target: 'agent', program: 'bun' },
  fastapi: { target: 'gcp-agent', program: 'python' },
};
/** Path of the rehearsal's CA certificate inside a container. */
const AUTHORITY_INSIDE = '/run/lornu/authority.pem';

/** The image of this checkout, as it was built for one runtime. */
interface CheckoutImage {
  podman: Podman;
  machine: MachineLimits;
  id: string;
  title: string;
}

/**
 * Builds the images from the Dockerfile with podman and runs tasks as containers of them. `folder` is for small files,
 * `authorityFile` the certificate that containers must trust. Removes what a killed rehearsal has left behind.
 */
export function createContainerImages(
  folder: string,
  authorityFile: string,
  context: RehearsalContext,
): ImageRunner {
  const authorityCopy = join(folder, 'authority.pem');
  const files = { [authorityCopy]: AUTHORITY_INSIDE };
  const derived = new Map<string, Promise<string>>();
  let owner = '';
  let prepared: Promise<Will> | undefined;

  const prepare = async (podman: Podman): Promise<Will> => {
    owner = await ownName();
    await removeLeftBehind(podman);
    // A copy that the containers' user may read.
    await mkdir(folder, { recursive: true });
    await copyFile(authorityFile, authorityCopy);
    await chmod(authorityCopy, 0o644);
    return leaveWill(podman, owner);
  };
  const build = oncePerRuntime(async (runtime, onLine): Promise<CheckoutImage> => {
    await requirePodman(context.env);
    const { target, program } = TARGET[runtime];
    const { engine, images } = await buildImages(
      { targets: [target], engine: 'podman' },
      context,
      (event) => {
        if (event.kind === 'begin') onLine(event.title);
        if (event.kind === 'output') onLine(event.line);
      },
    );
    const [image] = images;
    if (!image) throw new Error(`${target} was not built`);
    const podman = openPodman(engine, context.env);
    const machine = await tryMachine(podman, image.id, [program, '--version'], context.signal);
    await (prepared ??= prepare(podman));
    const notes = describeMachine(engine, machine, Object.keys(image.standIns).length > 0);
    return { podman, machine, id: image.id, title: `the ${target} image itself, in containers (${notes})` };
  });
  const derive = async (stored: Omit<StoredImage, 'revision'>, revision: string): Promise<string> => {
    const { podman, id } = await build(stored.runtime, () => {});
    const key = JSON.stringify([stored, revision]);
    const image =
      derived.get(key) ?? deriveImage(podman, { from: id, owner, revision, command: stored.command, folder });
    derived.set(key, image);
    image.catch(() => derived.delete(key));
    return image;
  };
  return {
    build: async (runtime, onLine) => void (await build(runtime, onLine)),
    open: async ({ revision, ...stored }) => {
      const { podman, machine, id, title } = await build(stored.runtime, () => {});
      const image = revision === undefined ? id : await derive(stored, revision);
      return {
        title: stored.about ? `${title}, ${stored.about}` : title,
        start: async (options) => {
          const inside = (value: string): string => (value === authorityFile ? AUTHORITY_INSIDE : value);
          const env = Object.fromEntries(
            Object.entries(options.env).map(([name, value]) => [name, inside(value)]),
          );
          return startPodmanContainer({ podman, machine, image, owner, files }, { ...options, env });
        },
      };
    },
    end: async () => (await prepared?.catch(() => undefined))?.execute(),
  };
}

/** Throws if podman is not available, with what to do about it. */
export async function requirePodman(env: RehearsalContext['env']): Promise<void> {
  await findEngine(env, 'podman').catch((error: unknown) => {
    if (!(error instanceof CliError)) throw error;
    throw new CliError({
      ...error.parts,
      what: "Tasks can't run as containers of the image here: podman does not work.",
      why: '--tasks image builds the image and runs it with podman.',
      next: 'sudo apt-get install -y podman runc catatonit, or leave out --tasks image to run tasks as processes.',
      cause: error,
    });
  });
}

interface Derived {
  from: string;
  owner: string;
  revision: string;
  command: readonly string[] | undefined;
  /** The build asks for one. */
  folder: string;
}

/** A newer image of the same checkout, really another one in the store: with its revision, and a command if given. */
async function deriveImage(podman: Podman, about: Derived): Promise<string> {
  const { from, owner, revision, command, folder } = about;
  const lines = [
    `FROM ${from}`,
    `LABEL ${OWNER_LABEL}=${owner} org.opencontainers.image.revision=${revision}`,
    ...(command ? [`CMD ${JSON.stringify(command)}`] : []),
  ];
  const built = await podman.call(
    ['build', '--quiet', '--pull=never', ...podman.engine.buildFlags, '--format=oci', '--file=-', folder],
    { stdin: `${lines.join('\n')}\n` },
  );
  if (built.exitCode !== 0) throw new Error(`podman build: ${built.tail.at(-1) ?? 'no reason given'}`);
  return built.stdout.trim().split('\n').at(-1) ?? '';
}

function describeMachine(engine: Engine, machine: MachineLimits, hasStandIns: boolean): string {
  const most = mostFiles(machine);
  return [
    'podman',
    ...(hasStandIns ? ['stand-in bases'] : []),
    ...(engine.note ? [engine.note] : []),
    ...(Number.isFinite(most) ? [`at most ${most} open files`] : []),
    machine.memory ? 'the kernel holds the memory limit' : 'no cgroups, so the memory limit is looked at',
    ...(machine.init ? [] : ['no catatonit, so without a first process of its own']),
  ].join('; ');
}
