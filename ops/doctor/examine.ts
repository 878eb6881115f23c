import { statfs } from 'node:fs/promises';
import { describeConfig } from '@lornu/backend/config/describe-config.ts';
import type { CliContext } from '../base/cli-context.ts';
import { examineHops } from './hops.ts';
import { configProblems } from '../up/config-problems.ts';
import { whoListens } from '../process/port-holder.ts';
import { findTool } from '../setup/find-tool.ts';
import { howToGet } from '../setup/ensure-tools.ts';
import { whyNoNamespaces } from '../setup/network-namespaces.ts';
import { TOOLS, type Tool } from '../setup/tools.ts';

export interface Finding {
  group: 'Tools' | 'Machine' | 'Configuration' | 'Hops';
  name: string;
  /** `missing`: "up" or "test" needs it. */
  state: 'ok' | 'missing' | 'optional';
  value: string;
  next?: string;
}

export type ExamineContext = Pick<CliContext, 'root' | 'cacheDir' | 'env' | 'signal'>;

const LEAST_FREE_BYTES = 1_500_000_000;
const REACH_MS = 5_000;

/** Checks everything that decides whether this machine can run the project; changes nothing. */
export async function examine(context: ExamineContext): Promise<Finding[]> {
  const tools = Promise.all(Object.values(TOOLS).map((tool) => examineTool(tool, context)));
  const machine = Promise.all([
    freeDisk(context),
    portFree(8080),
    ownNetwork(context),
    ...registries(context),
  ]);
  const hops = await examineHops({ env: context.env, fetch, now: Date.now, signal: context.signal });
  return [
    ...(await tools),
    ...(await machine),
    ...examineConfig(context.env),
    ...hops.map((hop): Finding => ({ group: 'Hops', ...hop })),
  ];
}

async function examineTool(tool: Tool, context: ExamineContext): Promise<Finding> {
  const found = await findTool(tool, context);
  const wanted = tool.pinned ? ` (wanted: ${tool.pinned})` : '';
  if (found)
    return { group: 'Tools', name: tool.name, state: 'ok', value: `${found.version} at ${found.path}` };
  return {
    group: 'Tools',
    name: tool.name,
    state: 'optional',
    value: `not here${wanted}; for ${tool.purpose}; "lornu test" gets it where it may`,
    next: howToGet(tool),
  };
}

/** Every variable of the service: its problem, or its value or default; secrets are only shown as set. */
function examineConfig(env: ExamineContext['env']): Finding[] {
  const problems = configProblems(env).map((problem): Finding => ({
    group: 'Configuration',
    name: problem.split(' ')[0] ?? '',
    state: 'missing',
    value: problem,
    next: 'Set or unset that variable, then run ./lornu doctor again.',
  }));
  const wrong = new Set(problems.map(({ name }) => name));
  const rows = describeConfig().map((row): Finding => {
    const given = env[row.name];
    const shown = given
      ? row.secret
        ? '(set)'
        : given
      : row.default
        ? `${row.default} (default)`
        : '(not set)';
    return { group: 'Configuration', name: row.name, state: 'ok', value: `${shown}  ${row.meaning}` };
  });
  return [...problems, ...rows.filter(({ name }) => !wrong.has(name))];
}

async function freeDisk({ root }: ExamineContext): Promise<Finding> {
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  return {
    group: 'Machine',
    name: 'free disk',
    state: free < LEAST_FREE_BYTES ? 'missing' : 'ok',
    value: `${(free / 1e9).toFixed(1)} GB where the checkout lies`,
    next: 'free some space, or move the checkout',
  };
}

async function portFree(port: number): Promise<Finding> {
  const holder = await whoListens(port);
  const base = { group: 'Machine', name: `port ${port}` } as const;
  if (!holder) return { ...base, state: 'ok', value: 'free' };
  return {
    ...base,
    state: 'optional',
    value: `taken by ${holder}`,
    next: './lornu up --port 0 takes a free one',
  };
}

/** Whether a rehearsal's traffic meets the applied network here. */
async function ownNetwork({ env }: ExamineContext): Promise<Finding> {
  const base = { group: 'Machine', name: "the rehearsal's network" } as const;
  const why = await whyNoNamespaces(env);
  if (why === undefined) return { ...base, state: 'ok', value: 'the applied one, from network namespaces' };
  return {
    ...base,
    state: 'optional',
    value: `loopback: ${why}`,
    next: 'root on Linux with ip, iptables and util-linux builds the applied network',
  };
}

/** Checks the registries used by the setup, at the addresses configured for npm and pip. */
function registries({ env, signal }: ExamineContext): Promise<Finding>[] {
  const npm = env['npm_config_registry'] ?? 'https://registry.npmjs.org/';
  const pypi = env['PIP_INDEX_URL'] ?? 'https://pypi.org/simple/';
  return [reach('npm registry', npm, signal), reach('Python package index', pypi, signal)];
}

async function reach(name: string, url: string, signal: AbortSignal): Promise<Finding> {
  const base = { group: 'Machine', name } as const;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)]);
    await fetch(new URL('-/ping', url), { method: 'HEAD', signal: limit });
    return { ...base, state: 'ok', value: 'reachable' };
  } catch {
    return {
      ...base,
      state: 'optional',
      value: `no answer within ${REACH_MS / 1000} s`,
      next: 'only needed to download missing parts; check the network and the proxy settings',
    };
  }
}
