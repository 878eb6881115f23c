import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { readLines, tryCommand } from '@lornu/ops/process/run-command.ts';
import { withSystemDirs } from '@lornu/ops/setup/network-namespaces.ts';

/**
 * Network namespaces that only this process uses. Their names, links and rules are invisible to the machine and end with
 * this process.
 */
export interface World {
  /** Runs a shell script in the middle namespace; `ip netns` knows the others by name. */
  run: (script: string) => Promise<string>;
  /** A command in the middle namespace or in the named one; it ends with this process. */
  inside: (command: readonly string[], name?: string) => string[];
  /** A command that sees the namespaces' names but has the machine's network: for HAProxy, which uses both. */
  beside: (command: readonly string[]) => string[];
  /** A command in the named namespace, with the machine's files except resolv.conf. */
  withResolver: (command: readonly string[], name: string, resolvConf: string) => string[];
  /** Path by which other processes can open the named namespace. */
  pathOf: (name: string) => string;
  close: () => Promise<void>;
}

/** The name of the middle namespace. */
export const MIDDLE = 'middle';
const SCRIPT_MS = 30_000;

/** The names of namespaces are in a folder that only this mount namespace sees, so the machine gets no new files. */
const HOLD = `
if [ -d /run/netns ]; then mount -t tmpfs -o size=1m tmpfs /run/netns
else mount -t tmpfs -o size=8m tmpfs /run; mkdir /run/netns; fi
ip link set lo up
touch /run/netns/${MIDDLE}
mount --bind /proc/self/ns/net /run/netns/${MIDDLE}
echo ready
exec cat > /dev/null`;

/** Otherwise the command would inherit the shell's own variables. */
const BIND_RESOLVER = 'mount --bind "$0" /etc/resolv.conf && unset PWD OLDPWD && exec "$@"';

/** Creates an empty world. It ends with this process, however that ends: the kernel frees unused namespaces. */
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
