import type { Context } from '@google/adk';

/** Session state, without a prefix: findings belong to one conversation, which is one incident. */
const FINDINGS = 'findings';
const MAX_FINDINGS = 200;

export interface Finding {
  /** ISO 8601, UTC. */
  at: string;
  what: string;
  source: string;
}

type StateContext = Pick<Context, 'state'> | undefined;

/** All findings, oldest first. */
export function readFindings(context: StateContext): Finding[] {
  const stored: unknown = context?.state.get(FINDINGS);
  return Array.isArray(stored) ? stored.filter(isFinding) : [];
}

/** Adds a finding; refused beyond 200, so that the state stays small. */
export function addFinding(context: StateContext, finding: Finding): Record<string, unknown> {
  const findings = [...readFindings(context), finding];
  if (findings.length > MAX_FINDINGS)
    return { error: `There are ${MAX_FINDINGS} findings already; write the report.` };
  context?.state.set(FINDINGS, findings);
  return { kept: finding.what, count: findings.length };
}

/** The report as Markdown: the findings, in the order in which they came. */
export function toReport(title: string, findings: readonly Finding[]): string {
  const rows = findings.map(({ at, what, source }) => `| ${at} | ${toCell(what)} | ${toCell(source)} |`);
  const body =
    rows.length > 0
      ? ['| time (UTC) | finding | source |', '| --- | --- | --- |', ...rows]
      : ['Nothing was kept yet.'];
  return [`# ${title}`, '', ...body, ''].join('\n');
}

function toCell(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').replaceAll('|', '\\|').trim();
}

function isFinding(value: unknown): value is Finding {
  return typeof value === 'object' && value !== null && 'at' in value && 'what' in value && 'source' in value;
}
