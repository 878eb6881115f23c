import type { HealthCheck, Route53 } from '@aws-sdk/client-route-53';
import { CliError } from '../base/cli-error.ts';
import { beginTurn, createSession, deleteSession, errorOf, textOf } from './conversation.ts';
import type { Target } from './target.ts';

/** The steps of a drill in staging, in order. Only the first and the last step change something. */
export function failOverPlan(host: string): string[] {
  return [
    `Invert Route 53's health check of ${host}: Route 53 treats Google Cloud as failed although it is healthy, and nothing is stopped.`,
    `Resolve ${host} until its addresses change to those of the load balancer on AWS (90 s for three checks, 60 s of DNS cache).`,
    `Send a message to ${host} and read the complete answer, which comes from AWS.`,
    'Undo the inversion, also after a failure or Ctrl-C, and wait until the addresses are the earlier ones again.',
  ];
}

export interface FailOverDeps {
  route53: Pick<Route53, 'listHealthChecks' | 'updateHealthCheck'>;
  /** Resolves a name again and returns its addresses. */
  resolve: (name: string) => Promise<string[]>;
  /** Sends a message to the shared name and waits for the answer. Rejects with the reason. */
  say: () => Promise<void>;
  line: (text: string) => void;
  sleep: (ms: number) => Promise<void>;
  signal: AbortSignal;
}

export interface FailOverTimes {
  /** Milliseconds until the name resolved to the other cloud. */
  detectedMs: number;
  /** Milliseconds until the other cloud answered a message. */
  recoveredMs: number;
  /** Milliseconds until the name resolved to the first cloud again. */
  backMs: number;
}

const LOOK_EVERY_MS = 2_000;
/** Longer than three checks of 30 s plus the TTL, which are 150 s. */
const CHANGES_WITHIN_MS = 300_000;

/** Runs the part of a drill that is harmless for the users of staging. Throws CliError. */
export async function drillFailOver(host: string, deps: FailOverDeps): Promise<FailOverTimes> {
  const check = await findCheck(host, deps);
  const before = await deps.resolve(host);
  deps.line(`${host} leads to ${before.join(', ')}`);
  const beganMs = performance.now();
  let times = { detectedMs: Number.NaN, recoveredMs: Number.NaN };
  try {
    await setInverted(check, true, deps);
    const after = await untilOthers(host, before, false, deps);
    const detectedMs = performance.now() - beganMs;
    deps.line(`${host} leads to ${after.join(', ')}`);
    await deps.say();
    times = { detectedMs, recoveredMs: performance.now() - beganMs };
  } finally {
    await setInverted(check, false, deps);
  }
  const endedMs = performance.now();
  await untilOthers(host, before, true, deps);
  return { ...times, backMs: performance.now() - endedMs };
}

async function findCheck(host: string, { route53 }: FailOverDeps): Promise<HealthCheck> {
  const { HealthChecks = [] } = await route53.listHealthChecks({});
  const found = HealthChecks.find(
    ({ HealthCheckConfig }) => HealthCheckConfig?.FullyQualifiedDomainName?.toLowerCase() === host,
  );
  if (!found)
    throw new CliError({
      what: `There is no health check of ${host}.`,
      why: 'Route 53 of this account has no health check for this name.',
      next: 'Give the shared name (failover_domain_name), and sign in to the account of staging.',
    });
  if (found.HealthCheckConfig?.Inverted)
    throw new CliError({
      what: `The health check of ${host} is inverted already.`,
      why: 'Another drill is running, or an earlier one ended without undoing the inversion.',
      next: `aws route53 update-health-check --no-inverted --health-check-id ${found.Id}`,
    });
  return found;
}

async function setInverted(
  { Id }: HealthCheck,
  inverted: boolean,
  { route53, line }: FailOverDeps,
): Promise<void> {
  await route53.updateHealthCheck({ HealthCheckId: Id, Inverted: inverted });
  line(inverted ? 'the health check is inverted' : 'the health check is normal again');
}

/** Waits until the name resolves to none of these addresses, or to exactly these again. */
async function untilOthers(
  host: string,
  before: readonly string[],
  again: boolean,
  { resolve, sleep, signal }: FailOverDeps,
): Promise<string[]> {
  const giveUpAt = performance.now() + CHANGES_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const now = await resolve(host).catch(() => [] as string[]);
    const others = now.length > 0 && now.every((one) => !before.includes(one));
    if (again ? now.toSorted().join() === before.toSorted().join() : others) return now;
    if (performance.now() > giveUpAt)
      throw new CliError({
        what: `${host} still leads to ${now.join(', ') || 'nothing'} after ${CHANGES_WITHIN_MS / 1000} s.`,
        why: again
          ? 'Google Cloud is not healthy for Route 53.'
          : 'Route 53 did not change its answer, or a cache keeps it.',
        next: 'aws route53 get-health-check-status --health-check-id ID shows the results of the health checkers.',
      });
    await sleep(LOOK_EVERY_MS);
  }
}

/** Sends a message in a new conversation, and waits for the complete answer. */
export async function sayOnce(target: Target): Promise<void> {
  const sessionId = await createSession(target);
  try {
    const turn = await beginTurn(target, sessionId, 'Say one word.');
    const parts = await Array.fromAsync(turn.parts);
    const failed = errorOf(parts);
    if (failed !== undefined || textOf(parts, false) === '')
      throw new Error(failed ?? 'the answer was empty');
  } finally {
    await deleteSession(target, sessionId);
  }
}
