import { THEMES, type Check, type Theme } from './check.ts';
import type { Result, Verdict } from './run-checks.ts';

const MARK: Record<Verdict, string> = {
  same: 'same     ',
  'by the document': 'document ',
  otherwise: 'otherwise',
  differs: 'DIFFERS  ',
  failed: 'FAILED   ',
};

/** One line for each check, then the totals. An unexpected result also shows the sentence and what was seen. */
export function renderResults(checks: readonly Check[], results: readonly Result[]): string {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const lines = results.flatMap((result) => {
    const check = byId.get(result.id);
    const line = `${MARK[result.verdict]}  ${result.id.padEnd(28)}  ${check?.title ?? ''}`;
    if (result.verdict === 'same' || result.verdict === 'by the document') return [line];
    const source = check?.source;
    return [
      line,
      ...(source ? [`           ${sentence(source)}`, `           ${source.page}`] : []),
      `           expected ${JSON.stringify(result.expected)}${result.recorded ? ` (AWS on ${result.recorded})` : ''}, seen ${JSON.stringify(result.seen ?? null)}`,
      ...(result.why ? [`           ${result.why}`] : []),
    ];
  });
  return `${lines.join('\n')}\n\n${sums(results)}\n`;
}

/** Every check with its source, for --list. */
export function renderList(checks: readonly Check[]): string {
  const lines = checks.flatMap(({ id, title, source, otherwise }) => [
    `${id.padEnd(28)}  ${title}`,
    `${' '.repeat(30)}${sentence(source)}`,
    `${' '.repeat(30)}${source.page}`,
    ...(otherwise ? [`${' '.repeat(30)}Known difference of the rehearsal: ${otherwise}`] : []),
  ]);
  const counts = countThemes(checks).map(([theme, count]) => `${theme} ${count}`);
  return `${lines.join('\n')}\n\n${checks.length} checks: ${counts.join(', ')}\n`;
}

/** The number of checks in each theme. */
export function countThemes(checks: readonly Check[]): [Theme, number][] {
  return THEMES.map((theme) => [theme, checks.filter((check) => check.theme === theme).length]);
}

/** Uses quotation marks only for AWS's own words. */
function sentence(source: Check['source']): string {
  return 'quote' in source ? `“${source.quote}”` : `(in our words) ${source.means}`;
}

function sums(results: readonly Result[]): string {
  const count = (verdict: Verdict): number => results.filter((one) => one.verdict === verdict).length;
  const against = results.filter(({ againstDocument }) => againstDocument).length;
  const said = [
    `${count('same')} as recorded on AWS`,
    `${count('by the document')} by the document`,
    `${count('otherwise')} with a known difference`,
    `${count('differs')} differ`,
    `${count('failed')} failed`,
  ];
  return [
    `${results.length} checks: ${said.join(', ')}.`,
    ...(against > 0 ? [`AWS itself differs from its documentation in ${against}.`] : []),
    ...(count('by the document') > 0
      ? [
          '"By the document" means that there is no recording of AWS; lornu conformance --target aws makes one.',
        ]
      : []),
  ].join('\n');
}
