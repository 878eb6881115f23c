import type { ShownMaintenance, ShownRun } from '@lornu/backend/http/routes/operator.ts';
import type { ShownShadow } from '@lornu/backend/http/routes/shadow.ts';

export const SORTS = ['age', 'tokens', 'silence'] as const;
export type Sort = (typeof SORTS)[number];

const KEYS: Record<Sort, (run: ShownRun) => number> = {
  age: ({ ageSeconds }) => ageSeconds,
  tokens: ({ tokens }) => tokens,
  silence: ({ silentSeconds }) => silentSeconds,
};

/** Sort keys; the largest value comes first. */
export function sorted(runs: readonly ShownRun[], by: Sort): ShownRun[] {
  return runs.toSorted((a, b) => KEYS[by](b) - KEYS[by](a) || a.id.localeCompare(b.id));
}

const HEADINGS = ['RUN', 'AGENT', 'USER', 'SESSION', 'STATE', 'AGE', 'SILENT', 'TOKENS', 'TAKEOVERS'];
/** From AGE on. */
const FIRST_NUMBER = 5;

/** A table for people. Ids are not shortened, because the next command needs them. */
export function renderRuns(runs: readonly ShownRun[], maintenance: ShownMaintenance): string {
  const notice = maintenance.refusesNewTurns ? `${renderMaintenance(maintenance)}\n` : '';
  if (runs.length === 0) return `${notice}Nothing runs.\n`;
  const rows = runs.map((run) => [
    run.id,
    printable(run.appName),
    printable(run.userId),
    printable(run.sessionId),
    run.stopRequested ? 'stopping' : run.state,
    duration(run.ageSeconds),
    duration(run.silentSeconds),
    run.tokens.toLocaleString('en-US'),
    String(run.takeovers),
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column < FIRST_NUMBER ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const queued = runs.filter(({ state }) => state === 'queued').length;
  const total = `${runs.length - queued} running, ${queued} queued.`;
  return `${notice}${[HEADINGS, ...rows].map(line).join('\n')}\n\n${total}\n`;
}

export function renderMaintenance({ refusesNewTurns, ...notice }: ShownMaintenance): string {
  if (!refusesNewTurns) return 'New turns are taken.\n';
  const { sentence = '', retryAfterSeconds = 0, since = 0, by = '' } = notice;
  const at = new Date(since * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return `New turns are refused since ${at}, by ${printable(by)}. Callers read, and come again after ${duration(retryAfterSeconds)}:
  ${printable(sentence)}
`;
}

/** A duration with at most two units: 45s, 12m 03s, 2h 05m. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** Removes control characters from ids that callers chose, so that they cannot move the cursor or change colors. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these characters are removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?').slice(0, 60);
}

/** Compares the candidate's turns with the real turns. */
export function renderShadow({
  since,
  counts,
  byChange,
  notCompared,
  medianMs,
  candidateMedianMs,
}: ShownShadow): string {
  const { same, harmless, changed, failed, dropped, skipped } = counts;
  const compared = same + harmless + changed;
  const lines = (of: Record<string, number>) =>
    Object.entries(of)
      .toSorted(([, one], [, other]) => other - one)
      .map(([what, count]) => `  ${what}: ${count}`);
  return `${[
    `Since ${new Date(since * 1_000).toISOString()}, in the process that answered: ${compared} turns compared.`,
    `${same} same, ${harmless} harmless, ${changed} changed; ${failed} failed at the candidate, ${dropped} dropped, ${skipped} skipped`,
    ...lines(byChange),
    ...lines(notCompared),
    `Half of the turns take at most ${medianMs} ms, the candidate's ${candidateMedianMs} ms.`,
  ].join('\n')}\n`;
}
