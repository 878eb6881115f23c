import { connect } from 'node:net';
import type { TargetGroup } from './balancer.ts';
import { backendName, checkSettings } from './render-haproxy.ts';

/** A target, as HAProxy sees it now. */
export interface ServerState {
  backend: string;
  name: string;
  address: string;
  /** Rising: its last check passed, and more must pass. */
  status: 'healthy' | 'unhealthy' | 'rising' | 'draining' | 'initial';
  /** Requests in progress. */
  current: number;
  reason: string;
  /** The result kind of the last check, such as L7OK, L7STS (unexpected code), L7TOUT. */
  check: string;
  /** The status code of the last check; empty without a response. */
  code: string;
  /** Number of its responses so far with a server error. */
  serverErrors: number;
}

export interface BalancerControl {
  /** It gets requests once as many checks as the healthy threshold have passed; so does one that is draining. */
  add: (backend: string, name: string, address: string, port: number) => Promise<void>;
  /** Stops new requests; running ones continue. */
  drain: (backend: string, name: string) => Promise<void>;
  /** Cuts running requests and removes the server. */
  remove: (backend: string, name: string) => Promise<void>;
  servers: () => Promise<ServerState[]>;
  /** By backend, how many responses of its servers so far were a server error (5xx); health checks are not counted. */
  serverErrors: () => Promise<ReadonlyMap<string, number>>;
}

/** Controls a running HAProxy through its socket. https://docs.haproxy.org/2.6/management.html#9.3 */
export function createControl(socketPath: string, groups: readonly TargetGroup[]): BalancerControl {
  /** Out of service until they are added again: `del server` sometimes crashes HAProxy 2.6 (SIGSEGV, SIGABRT). */
  const removed = new Set<string>();
  /** All servers that were ever added; HAProxy starts with none. */
  const known = new Set<string>();
  const checks = new Map(groups.map((group) => [backendName(group.arn), checkSettings(group)]));
  const say = async (...commands: readonly string[]): Promise<string> => {
    const answer = await ask(socketPath, commands.join('; '));
    const complaint =
      /^(No such|Can't|Unknown|'|Invalid|Already exists|Server .* must|.*not (found|allowed)).*/im.exec(
        answer,
      );
    if (complaint && !answer.startsWith('#')) throw new Error(`HAProxy: ${complaint[0]}`);
    return answer;
  };
  return {
    add: async (backend, name, address, port) => {
      const server = `${backend}/${name}`;
      if (known.has(server)) await say(`set server ${server} addr ${address} port ${port}`);
      else await say(`add server ${server} ${address}:${port} ${checks.get(backend) ?? 'check'}`);
      known.add(server);
      removed.delete(server);
      // Down until checks say otherwise, before it can be chosen: AWS sends nothing to a target that has not answered one.
      await say(
        `enable health ${server}`,
        `set server ${server} state ready`,
        `set server ${server} health down`,
      );
    },
    drain: async (backend, name) => void (await say(`set server ${backend}/${name} state drain`)),
    remove: async (backend, name) => {
      const server = `${backend}/${name}`;
      removed.add(server);
      await say(`set server ${server} state maint`);
      await say(`shutdown sessions server ${server}`);
    },
    servers: async () =>
      parseServers(await say('show stat -1 4 -1')).filter(
        ({ backend, name }) => !removed.has(`${backend}/${name}`),
      ),
    serverErrors: async () => {
      // Including those out of service: their earlier responses count.
      const totals = new Map<string, number>();
      for (const { backend, serverErrors } of parseServers(await say('show stat -1 4 -1')))
        totals.set(backend, (totals.get(backend) ?? 0) + serverErrors);
      return totals;
    },
  };
}

/** Rows of `show stat` that are servers. */
export function parseServers(csv: string): ServerState[] {
  const [head = '', ...rows] = csv.trim().split('\n');
  const names = head.replace(/^# /, '').split(',');
  return (
    rows
      .map((row) => Object.fromEntries(row.split(',').map((value, index) => [names[index] ?? '', value])))
      // During a check, HAProxy puts "* " before the result of the previous one.
      .map((row) => ({ ...row, check_status: (row['check_status'] ?? '').replace('* ', '') }))
      .map((row: Record<string, string>) => ({
        backend: row['pxname'] ?? '',
        name: row['svname'] ?? '',
        address: row['addr'] ?? '',
        status: toStatus(row['status'] ?? '', row['check_status'] ?? ''),
        current: Number(row['scur'] ?? 0),
        reason: row['last_chk'] || row['check_status'] || '',
        check: row['check_status'] ?? '',
        code: row['check_code'] ?? '',
        serverErrors: Number(row['hrsp_5xx'] || 0),
      }))
  );
}

function toStatus(status: string, check: string): ServerState['status'] {
  if (status.startsWith('DRAIN') || status.startsWith('MAINT')) return 'draining';
  if (status.startsWith('UP')) return 'healthy';
  if (check === 'INI' || check === '') return 'initial';
  return /^L\dOK$/.test(check) ? 'rising' : 'unhealthy';
}

/** One line of commands to a running HAProxy, and its answer. */
export async function ask(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(socketPath, () => socket.write(`${command}\n`));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
