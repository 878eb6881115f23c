import { tryCommand } from '../process/run-command.ts';
import { SYSTEM_DIRS } from './find-tool.ts';

/** Takes 0.2 s; on a busy machine a trial that was cut short would pass for a machine without the means. */
const TRY_MS = 60_000;
const PROGRAMS = ['ip', 'iptables-restore', 'nsenter', 'unshare', 'setpriv', 'mount'];

/** All that a rehearsal's network does, once, in namespaces that end with the command. */
const TRIAL = `
mount -t tmpfs tmpfs /tmp
echo 1 > /proc/sys/net/ipv4/ip_forward
ip link add name link1 type veth peer name link2
ip rule add iif link1 lookup 100
printf '*filter\\n:FORWARD DROP [0:0]\\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\\nCOMMIT\\n*nat\\n-A POSTROUTING -o link1 -j MASQUERADE\\nCOMMIT\\n' | iptables-restore
`;

/** Why this machine can not build a network of its own from Linux's namespaces; undefined where it can. Changes nothing. */
export async function whyNoNamespaces(
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces are a part of Linux';
  if (process.getuid?.() !== 0) return 'only root may make network namespaces';
  const path = withSystemDirs(env['PATH']);
  const missing = PROGRAMS.filter((program) => !Bun.which(program, { PATH: path }));
  if (missing.length > 0)
    return `${missing.join(', ')} missing (apt-get install iproute2 iptables util-linux)`;
  const trial = await tryCommand(
    ['unshare', '--net', '--mount', '--propagation', 'private', 'sh', '-e', '-c', TRIAL],
    { env: { PATH: path }, timeoutMs: TRY_MS },
  );
  if (trial.exitCode === 0) return undefined;
  return `this machine refuses them: ${trial.tail.at(-1) ?? 'no reason given'}`;
}

/** PATH with the folders where Debian has ip, iptables and haproxy. */
export function withSystemDirs(path = ''): string {
  return [path, ...SYSTEM_DIRS].filter(Boolean).join(':');
}
