import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { readLines, tryCommand } from '@lornu/ops/process/run-command.ts';
import { withSystemDirs } from '@lornu/ops/setup/network-namespaces.ts';

/** Network namespaces that belong to this process alone. Their names, links and rules are invisible to the machine and end with us. */
export interface World {
  /** Runs a shell script in the namespace in the middle; `ip netns` knows the others by name. */
  run: (script: string) => Promise<string>;
  /** A command in the middle, or in the named namespace; it ends with this process. */
  inside: (command: readonly string[], name?: string) => string[];
  /** A command that sees the world's names but the machine's own network: for HAProxy, which reaches into both. */
  beside: (command: readonly string[]) => string[];
  /** A command in the named namespace with the machine's files, but for this resolv.conf. */
  withResolver: (command: readonly string[], name: string, resolvConf: string) => string[];
  /** Where the named namespace can be opened from outside. */
  pathOf: (name: string) => string;
  close: () => Promise<void>;
}

/** The name of the namespace in the middle. */
export const MIDDLE = 'middle';
const SCRIPT_MS = 30_000;

/** Names of namespaces lie in a folder that only this mount namespace sees, and a machine that has none of its own gets none. */
const HOLD = `
if [ -d /run/netns ]; then mount -t tmpfs -o size=1m tmpfs /run/netns
else mount -t tmpfs -o size=8m tmpfs /run; mkdir /run/netns; fi
ip link set lo up
touch /run/netns/${MIDDLE}
mount --bind /proc/self/ns/net /run/netns/${MIDDLE}
echo ready
exec cat > /dev/null`;

/** The shell would leave its own variables to the command. */
const BIND_RESOLVER = 'mount --bind "$0" /etc/resolv.conf && unset PWD OLDPWD && exec "$@"';

/** Makes an empty world. It ends when this process does, however that ends: the kernel takes back what nobody holds. */
export async function createWorld(): Promise<World> {
  const env = { PATH: withSystemDirs(process.env['PATH']) };
  const holder = Bun.spawn(
    endingWithParent(['unshare', '--net', '--mount', '--propagation', 'private', 'sh', '-e', '-c', HOLD]),
    { env, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', detached: true },
  );
  const said: string[] = [];
  const ready = Promise.withResolvers<void>();
  void readLines(holder.stdout, () => ready.resolve());
  void readLines(holder.stderr, (line) => said.push(line));
  void holder.exited.then(() => ready.reject(new Error(`no network namespace: ${said.join(' ')}`)));
  await ready.promise;
  const { pid } = holder;
  const enter = ['nsenter', `--mount=/proc/${pid}/ns/mnt`];
  const pathOf = (name: string): string => `/proc/${pid}/root/run/netns/${name}`;
  const middle = `--net=/proc/${pid}/ns/net`;
  return {
    run: async (script) => {
      const done = await tryCommand([...enter, middle, 'sh', '-e'], {
        env,
        stdin: script,
        timeoutMs: SCRIPT_MS,
      });
      if (done.exitCode !== 0) throw new Error(`the network can't be set: ${done.tail.join(' ')}`);
      return done.stdout;
    },
    inside: (command, name) => [
      ...enter,
      name === undefined ? middle : `--net=${pathOf(name)}`,
      ...endingWithParent(command),
    ],
    beside: (command) => [...enter, ...endingWithParent(command)],
    withResolver: (command, name, resolvConf) => [
      'nsenter',
      `--net=${pathOf(name)}`,
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      BIND_RESOLVER,
      resolvConf,
      ...endingWithParent(command),
    ],
    pathOf,
    close: async () => {
      holder.kill('SIGKILL');
      await holder.exited;
    },
  };
}
