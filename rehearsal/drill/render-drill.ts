import { inSeconds } from '@lornu/ops/verify/check.ts';
import type { PastDrill } from './history.ts';
import type { BrowserSeen } from './judge-browser.ts';
import type { DrillReport } from './judge-drill.ts';

const seconds = (ms: number | undefined): string => (ms === undefined ? '' : inSeconds(ms));

/** Renders the report of a drill as text. `factor`: the number by which Route 53's intervals were divided. */
export function renderDrill(report: DrillReport, factor: number): string {
  const { parts, image, elapsedMs, lost, doubled, again, holds } = report;
  const rows = parts.map(
    ({ outcome, title, seen }) => `${outcome === 'passed' ? 'ok ' : 'NO '} ${title}\n      ${seen}\n`,
  );
  return `
${rows.join('')}
Lost turns: ${lost}. Answered twice: ${doubled}. Sent again by the person: ${again}. ${holds ? 'The drill passed.' : 'The drill failed.'}
${renderBrowser(report)}Image: ${image}
Took ${seconds(elapsedMs)}. ${clockOf(factor)}
`;
}

/** What a person read in Chromium, with the seconds since the fault. */
function renderBrowser({ browser }: DrillReport): string {
  if (!browser) return '';
  const rows = (title: string, seen: BrowserSeen | undefined): string[] =>
    seen
      ? [
          `  ${title}\n`,
          ...seen.shown.map(({ afterMs, sentence }) => `    ${seconds(afterMs).padStart(7)}  ${sentence}\n`),
          `    ${seconds(seen.recoveredMs).padStart(7)}  the next word; ${seen.fault ?? 'no word twice, none left out'}\n`,
        ]
      : [];
  return [
    `What Chromium ${browser.version} showed (screenshots: ${browser.folder}):\n`,
    ...rows("Google's agent dies", browser.googleDies),
    ...rows('AWS dies', browser.awsDies),
  ].join('');
}

/** A sentence about the times in a drill: which were shortened and which were not. */
export function clockOf(factor: number): string {
  const at = (aws: number): string => `${aws / factor} s`;
  return `The drill divides Route 53's times by ${factor}: a health check every ${at(30)}, three failures, a TTL of ${at(60)}. On AWS these are 30 s, three and 60 s, so up to 150 s. Heartbeats are not shortened (3 s, and 15 s more before Google's agent takes over a conversation of AWS; its own lease lasts 15 s).`;
}

export function renderHistory(drills: readonly PastDrill[]): string {
  if (drills.length === 0)
    return 'There is no earlier drill on this machine. Start one with: ./lornu drill\n';
  return drills
    .map(({ at, image, elapsedMs, holds, lost, doubled, parts }) => {
      const times = parts
        .filter(({ recoveredMs }) => recoveredMs !== undefined)
        .map(
          ({ id, detectedMs, recoveredMs, interruptedMs }) =>
            `  ${id.padEnd(14)} detected ${seconds(detectedMs) || '-'}, recovered ${seconds(recoveredMs)}${interruptedMs === undefined ? '' : `, the interrupted conversation ${seconds(interruptedMs)}`}\n`,
        );
      const failed = parts.filter(({ outcome }) => outcome !== 'passed').map(({ id }) => id);
      const how = holds ? 'held' : `did not hold${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`;
      return `${at}  ${how}, ${seconds(elapsedMs)}, lost ${lost}, twice ${doubled}\n  ${image}\n${times.join('')}`;
    })
    .join('\n');
}
