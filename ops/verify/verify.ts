import { inOneLine } from '../base/cli-error.ts';
import { runStep } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { type VerifyCheck, type Scene, readServed, type ServedVersion, type Verdict } from './check.ts';
import { cancel } from './checks/cancel.ts';
import { database } from './checks/database.ts';
import { forgedCertificate } from './checks/forged-certificate.ts';
import { headers } from './checks/headers.ts';
import { health } from './checks/health.ts';
import { inside } from './checks/inside.ts';
import { peer } from './checks/peer.ts';
import { ready } from './checks/ready.ts';
import { redirect } from './checks/redirect.ts';
import { resume } from './checks/resume.ts';
import { signIn } from './checks/sign-in.ts';
import { silentStream } from './checks/silent-stream.ts';
import { tls } from './checks/tls.ts';
import { tokens } from './checks/tokens.ts';
import { turn } from './checks/turn.ts';
import { version } from './checks/version.ts';
import { readDeployed, type StagingAccount } from './deployed.ts';
import type { Target } from './target.ts';

export interface VerifyOptions {
  target: Target;
  account?: StagingAccount;
  revision?: string;
  /** How long a silent stream is observed, in seconds. */
  waitS: number;
  /** Whether this is a rehearsal with a stand-in model, which the FastAPI/ADK agent does not report itself. */
  isRehearsal?: boolean;
  /** Whether the rehearsal has the agent of Google Cloud too, so that it must be reachable. */
  hasPeer?: boolean;
  /** Addresses from which Gemini's stand-in was called so far. */
  geminiCallers?: (() => Promise<string[]>) | undefined;
}

export interface CheckResult extends Verdict {
  id: string;
  title: string;
  elapsedMs: number;
}

export interface Verification {
  url: string;
  served: ServedVersion | undefined;
  /** The deployed task definition; undefined if the account was not read. */
  deployed: { taskDefinition: string; image: string } | undefined;
  checks: CheckResult[];
  /** No check failed. Absent ones were not checked, so this alone does not mean that everything works. */
  holds: boolean;
}

/** All checks, in reading order. */
export function checksFor(scene: Scene): VerifyCheck[] {
  return [
    health,
    version,
    database,
    ready,
    peer,
    turn,
    inside,
    ...silentStream(scene),
    resume,
    cancel,
    tokens,
    forgedCertificate,
    signIn,
    redirect,
    tls,
    headers,
  ];
}

/** Runs all checks at once: they do not affect each other, and the slow ones only wait. */
export async function verify(options: VerifyOptions, emit: Emit): Promise<Verification> {
  const { target, account, revision, waitS, isRehearsal, hasPeer = false, geminiCallers } = options;
  const [said, deployed] = await Promise.all([
    readServed(target),
    account ? readDeployed(account) : undefined,
  ]);
  const served =
    said && (isRehearsal || said.rehearsal) ? { ...said, rehearsal: true, modelIsStandIn: true } : said;
  const scene: Scene = { target, served, account, deployed, revision, waitS, hasPeer, geminiCallers };
  const checks = checksFor(scene);
  emit({ kind: 'plan', steps: checks.map(({ id, title }) => ({ id, title })) });
  const results = await Promise.all(checks.map(async (check) => make(check, scene, emit)));
  target.signal.throwIfAborted();
  return {
    url: target.url.origin,
    served,
    deployed: deployed && { taskDefinition: deployed.taskDefinition, image: deployed.image },
    checks: results,
    holds: results.every(({ outcome }) => outcome !== 'failed'),
  };
}

/** An interrupted check has failed: the expected result was not observed. */
async function make(check: VerifyCheck, scene: Scene, emit: Emit): Promise<CheckResult> {
  const { id, title } = check;
  const beganMs = performance.now();
  let verdict: Verdict = { outcome: 'failed', expected: 'an answer', seen: 'nothing' };
  const step = {
    id,
    title,
    run: async () => {
      try {
        verdict = await check.run(scene);
      } catch (error) {
        verdict = { ...verdict, seen: inOneLine(error) };
      }
      if (verdict.outcome === 'failed') throw new Error(verdict.seen);
      return verdict.seen;
    },
  };
  const tell: Emit = (event) =>
    emit(event.kind === 'end' && isUnchecked(verdict) ? { ...event, outcome: 'skipped' } : event);
  await runStep(step, tell).catch(() => undefined);
  return { id, title, ...verdict, elapsedMs: performance.now() - beganMs };
}

/** The check was not made, so neither progress nor result may show it as passed. */
const isUnchecked = ({ outcome }: Verdict): boolean => outcome === 'absent' || outcome === 'not offered';
