import { type Podman, isAlive, OWNER_LABEL } from './podman.ts';

interface Labelled {
  Id: string;
  Labels?: Record<string, string> | null;
}

/** Ids of containers and images of rehearsals whose process is gone. */
export async function findLeftBehind(podman: Podman): Promise<{ containers: string[]; images: string[] }> {
  const filter = ['--filter', `label=${OWNER_LABEL}`, '--format', 'json'];
  return {
    containers: await ofTheDead(podman, ['ps', '--all', ...filter]),
    images: await ofTheDead(podman, ['images', ...filter]),
  };
}

/** Removes them; returns how many there were. */
export async function removeLeftBehind(podman: Podman): Promise<number> {
  const { containers, images } = await findLeftBehind(podman);
  if (containers.length > 0) await podman.call(['rm', '--force', '--time', '0', ...containers]);
  if (images.length > 0) await podman.call(['rmi', '--force', ...images]);
  return containers.length + images.length;
}

async function ofTheDead(podman: Podman, list: readonly string[]): Promise<string[]> {
  const { stdout, exitCode } = await podman.call(list);
  if (exitCode !== 0) return [];
  const found = (JSON.parse(stdout || '[]') ?? []) as Labelled[];
  const dead = await Promise.all(
    found.map(async ({ Id, Labels }) => ((await isAlive(Labels?.[OWNER_LABEL] ?? '')) ? [] : [Id])),
  );
  return [...new Set(dead.flat())];
}

/**
 * The second check is for a container that was being created when its owner died. Arguments: the label, then podman's
 * command line.
 */
const WILL = `
label=$1; shift
read -r how || how=died
for look in 1 2; do
  "$@" rm --force --time 0 --filter "label=$label"
  images=$("$@" images --quiet --filter "label=$label")
  [ -z "$images" ] || "$@" rmi --force $images
  [ "$how" = died ] || exit 0
  [ $look = 2 ] || sleep 2
done`;

export interface Will {
  /** Removes them now, and waits. */
  execute: () => Promise<void>;
}

/**
 * Ensures that nothing of this owner outlives this process. A container's parent is podman's monitor, which survives
 * when podman and its starter are killed. So a separate shell waits at the other end of a pipe: the kernel closes it
 * however this process ends, and the shell removes everything with the owner's label. If even that fails, as in a power
 * cut, the next rehearsal does it (removeLeftBehind).
 */
export function leaveWill(podman: Podman, owner: string): Will {
  const shell = Bun.spawn(['sh', '-c', WILL, 'will', `${OWNER_LABEL}=${owner}`, ...podman.command([])], {
    env: podman.env,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    // A separate process group: Ctrl-C and a kill of our group do not reach it.
    detached: true,
  });
  shell.unref();
  return {
    execute: async () => {
      void shell.stdin.write('now\n');
      await shell.stdin.end();
      await shell.exited;
    },
  };
}
