import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnded, startChild, type Child } from '@lornu/ops/process/child.ts';
import { withSystemDirs } from '@lornu/ops/setup/network-namespaces.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';

export interface Resolver {
  child: Child;
  /** From now on answers these names with their addresses, and NXDOMAIN for all others. */
  answer: (names: ReadonlyMap<string, readonly string[]>) => Promise<void>;
}

/** Starts dnsmasq at this address. `inside` moves the command into its namespace. */
export async function startResolver(
  {
    name,
    address,
    folder,
    inside,
    ttlS = 0,
  }: {
    name: string;
    address: string;
    folder: string;
    inside: (command: readonly string[]) => string[];
    /** The TTL: how long a client may cache an answer. */
    ttlS?: number;
  },
  context: StartContext,
): Promise<Resolver> {
  const hosts = join(folder, `${name}.hosts`);
  await writeFile(hosts, '');
  const started = Promise.withResolvers<void>();
  const child = await startChild({
    name: `The resolver (${name})`,
    command: inside([
      'dnsmasq',
      // In the foreground and as our user: as another user it would not end with us.
      '--no-daemon',
      '--conf-file=/dev/null',
      `--listen-address=${address}`,
      '--bind-interfaces',
      '--no-resolv',
      '--no-hosts',
      '--address=/#/',
      `--addn-hosts=${hosts}`,
      '--cache-size=0',
      `--local-ttl=${ttlS}`,
    ]),
    cwd: folder,
    env: { PATH: withSystemDirs(context.env['PATH']) },
    logPath: join(context.dataDir, `logs/resolver-${name}.log`),
    redact: context.redact,
    onLine: (line) => {
      if (line.includes('started, version')) started.resolve();
    },
    stopWithinMs: 1_000,
  });
  void child.ended.then((how) => started.reject(childEnded(child, how)));
  // Before it has started, the signal below would kill it.
  await started.promise;
  let said = '';
  return {
    child,
    answer: async (names) => {
      const text = [...names]
        .flatMap(([host, addresses]) => addresses.map((one) => `${one} ${host}\n`))
        .join('');
      if (text === said) return;
      said = text;
      await writeFile(hosts, text);
      process.kill(child.pid, 'SIGHUP');
    },
  };
}
