import {
  type AgentServer,
  createSession,
  deleteSession,
  readSession,
  runTurn,
  type Session,
} from './agent-client.ts';
import type { EvalCase, EvalMetric, EvalSet, Invocation, Part } from './eval-set.ts';
import { answerable, toInvocation } from './invocation.ts';
import { type AgentFacts, type AskJudge, judge } from './judge.ts';
import { EVALUATORS, notJudged, type Score, type Status, STATUS, type Verdict } from './metrics.ts';

/** google-adk's EvalMetricResult. */
export interface MetricResult extends EvalMetric {
  score: number | null;
  evalStatus: Status;
  details: Omit<Score, 'score' | 'status'>;
}

/** google-adk's EvalCaseResult. */
export interface CaseResult {
  evalSetId: string;
  evalId: string;
  finalEvalStatus: Status;
  overallEvalMetricResults: MetricResult[];
  evalMetricResultPerInvocation: {
    actualInvocation: Invocation;
    expectedInvocation: Invocation | null;
    evalMetricResults: MetricResult[];
  }[];
  sessionId: string;
  sessionDetails: Session | null;
  userId: string;
}

/** google-adk's EvalSetResult. */
export interface SetResult {
  evalSetResultId: string;
  evalSetResultName: string;
  evalSetId: string;
  evalCaseResults: CaseResult[];
  creationTimestamp: number;
}

/** A note for people that the result has no field for: which case, which metric, why. */
export interface Remark {
  evalId: string;
  metricName?: string;
  reason: string;
}

export interface EvaluateOptions {
  appName: string;
  evalSet: EvalSet;
  metrics: readonly EvalMetric[];
  /** Only these cases; all if empty. */
  evalIds?: readonly string[];
  /** Added to each user's id, so that `user:` state of earlier runs has no effect. */
  userSuffix?: string;
  /** Keep the sessions, like `adk web`; by default they are deleted. */
  keepSessions?: boolean;
  /** Number of parallel cases. */
  parallel?: number;
  ask?: AskJudge | undefined;
  facts?: AgentFacts;
  onCase?: (result: CaseResult) => void;
}

/** The prefix by which ADK recognises an evaluation's sessions and leaves them out of lists. */
const SESSION_PREFIX = 'adk-eval-session-';
const DEFAULT_USER = 'test_user_id';
const NO_FACTS: AgentFacts = { instructions: '', tools: 'They are not known.' };

/** Runs an eval set against a server and scores it; an error in a case makes that case fail. */
export async function evaluate(
  server: AgentServer,
  options: EvaluateOptions,
): Promise<{ result: SetResult; remarks: Remark[] }> {
  const { appName, evalSet, evalIds = [], parallel = 4 } = options;
  const cases = evalSet.evalCases.filter(({ evalId }) => evalIds.length === 0 || evalIds.includes(evalId));
  const remarks: Remark[] = [];
  // Cases of one user share that user's state, so they run one after the other.
  const groups = [...Map.groupBy(cases, userOf).values()];
  const results = new Map<string, CaseResult>();
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift())
      for (const one of group) {
        const result = await evaluateCase(server, one, options, remarks);
        results.set(one.evalId, result);
        options.onCase?.(result);
      }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  const now = Date.now() / 1_000;
  const id = `${appName}_${evalSet.evalSetId}_${now}`;
  return {
    result: {
      evalSetResultId: id,
      evalSetResultName: id.replaceAll('/', '_'),
      evalSetId: evalSet.evalSetId,
      evalCaseResults: cases.flatMap(({ evalId }) => results.get(evalId) ?? []),
      creationTimestamp: now,
    },
    remarks,
  };
}

const userOf = ({ sessionInput }: EvalCase): string => sessionInput?.userId || DEFAULT_USER;

async function evaluateCase(
  server: AgentServer,
  one: EvalCase,
  options: EvaluateOptions,
  remarks: Remark[],
): Promise<CaseResult> {
  const { appName, evalSet, userSuffix = '', keepSessions = false } = options;
  const { evalId, sessionInput } = one;
  const key = {
    appName,
    userId: `${userOf(one)}${userSuffix}`,
    sessionId: sessionInput?.sessionId ?? `${SESSION_PREFIX}${crypto.randomUUID()}`,
  };
  const result: CaseResult = {
    evalSetId: evalSet.evalSetId,
    evalId,
    finalEvalStatus: STATUS.failed,
    overallEvalMetricResults: [],
    evalMetricResultPerInvocation: [],
    sessionId: key.sessionId,
    sessionDetails: null,
    userId: key.userId,
  };
  if (!one.conversation) {
    remarks.push({
      evalId,
      reason: 'A conversation scenario needs a model that plays the person; only adk eval has one.',
    });
    return { ...result, finalEvalStatus: STATUS.notEvaluated };
  }
  try {
    const expected = one.conversation;
    await createSession(server, key, sessionInput?.state ?? {});
    const actual: Invocation[] = [];
    for (const { userContent } of expected) {
      const at = Date.now() / 1_000;
      actual.push(
        toInvocation(
          userContent,
          await runTurn(server, key, answerable(userContent, callsBefore(actual))),
          at,
        ),
      );
    }
    result.evalMetricResultPerInvocation = actual.map((actualInvocation, index) => ({
      actualInvocation,
      expectedInvocation: expected[index] ?? null,
      evalMetricResults: [],
    }));
    await judgeCase(one, options, result, remarks);
    result.sessionDetails = (await readSession(server, key)) ?? null;
  } catch (error) {
    if (server.signal?.aborted) throw error;
    remarks.push({ evalId, reason: error instanceof Error ? error.message : String(error) });
  } finally {
    if (!keepSessions) await deleteSession(server, key).catch(() => undefined);
  }
  return result;
}

function callsBefore(invocations: readonly Invocation[]): Part[] {
  return invocations.flatMap(({ intermediateData, finalResponse }) => [
    ...(intermediateData?.invocationEvents ?? []).flatMap((event) => event.content?.parts ?? []),
    ...(finalResponse?.parts ?? []),
  ]);
}

async function judgeCase(
  one: EvalCase,
  { metrics, ask, facts = NO_FACTS }: EvaluateOptions,
  result: CaseResult,
  remarks: Remark[],
): Promise<void> {
  const perInvocation = result.evalMetricResultPerInvocation;
  const actual = perInvocation.map(({ actualInvocation }) => actualInvocation);
  const expected = one.conversation ?? [];
  for (const metric of metrics) {
    const evaluator = EVALUATORS.get(metric.metricName);
    const verdict: Verdict = evaluator
      ? evaluator(metric, actual, expected)
      : // A judge model has limits.
        await judge(metric, actual, expected, one.rubrics ?? [], { ask, facts });
    if (verdict.reason !== undefined)
      remarks.push({ evalId: one.evalId, metricName: metric.metricName, reason: verdict.reason });
    result.overallEvalMetricResults.push(toResult(metric, verdict.overall));
    const nothing = notJudged('').overall;
    perInvocation.forEach(({ evalMetricResults }, index) =>
      evalMetricResults.push(toResult(metric, verdict.perInvocation[index] ?? nothing)),
    );
  }
  result.finalEvalStatus = finalStatus(result.overallEvalMetricResults.map(({ evalStatus }) => evalStatus));
}

function toResult(
  { metricName, threshold = null, criterion = null }: EvalMetric,
  { score, status, ...details }: Score,
): MetricResult {
  return { metricName, threshold, criterion, score, evalStatus: status, details };
}

/** One failed metric fails a case; metrics without a verdict do not count. */
function finalStatus(all: readonly Status[]): Status {
  if (all.includes(STATUS.failed)) return STATUS.failed;
  return all.includes(STATUS.passed) ? STATUS.passed : STATUS.notEvaluated;
}
