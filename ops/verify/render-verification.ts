import type { Outcome } from './check.ts';
import type { CheckResult, Verification } from './verify.ts';

type Line = Omit<CheckResult, 'elapsedMs'>;

const MARK: Readonly<Record<Outcome, string>> = {
  passed: 'ok',
  failed: 'NO',
  absent: '--',
  'not offered': '--',
};

/** One line per check, with the expected and observed result, and a summary of the counts. */
export function renderVerification({ url, served, deployed, checks }: Verification): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return `${[describe(url, served), ...(deployed ? [`  deployed  ${deployed.image}`] : []), ...checks.map((check) => lineOf(check, width))].join('\n')}
${summarise(checks)}
`;
}

/** A check as one line, its name padded to this width. */
export function lineOf({ id, title, outcome, expected, seen }: Line, width: number): string {
  const name = `${MARK[outcome]}  ${id.padEnd(width)}  ${title}`;
  if (outcome === 'passed') return `${name}: ${seen} (expected ${expected})`;
  if (outcome === 'failed') return `${name}: expected ${expected}, saw: ${seen}`;
  return `${name}: ${outcome}, ${seen}`;
}

/** "14 checks hold; 1 is not offered, 2 are absent: nothing is known of them." */
export function summarise(checks: readonly Line[]): string {
  const count = (outcome: Outcome) => checks.filter((check) => check.outcome === outcome).length;
  const are = (number: number) => `${number} ${number === 1 ? 'is' : 'are'}`;
  const parts = [`${count('passed')} of ${checks.length} checks hold`];
  if (count('failed') > 0) parts.push(`${count('failed')} do not`);
  if (count('not offered') > 0) parts.push(`${are(count('not offered'))} not offered by what is served`);
  if (count('absent') > 0)
    parts.push(
      `${are(count('absent'))} absent: nothing is known of ${count('absent') === 1 ? 'it' : 'them'}`,
    );
  return `${parts.join('; ')}.`;
}

function describe(url: string, served: Verification['served']): string {
  if (!served) return `${url} does not say what it is`;
  const what = served.isPython
    ? `the FastAPI/ADK agent, revision ${served.revision ?? 'unknown'}`
    : `revision ${served.revision ?? 'unknown'}`;
  const model = served.modelIsStandIn
    ? `a stand-in for ${served.model ?? 'Gemini'} answers, not Gemini itself`
    : (served.model ?? 'its model is not named');
  return `${url}: ${what}${served.rehearsal ? ', in a rehearsal' : ''}; ${model}`;
}
