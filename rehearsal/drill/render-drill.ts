import type { PastDrill } from './history.ts';
import type { DrillReport } from './judge-drill.ts';

const seconds = (ms: number | undefined): string => (ms === undefined ? '' : `${(ms / 1000).toFixed(1)} s`);

/** What a drill has shown, for people. `factor`: by how much Route 53's intervals were shortened. */
export function renderDrill(report: DrillReport, factor: number): string {
  const { parts, image, elapsedMs, lost, doubled, again, holds } = report;
  const rows = parts.map(
    ({ outcome, title, seen }) => `${outcome === 'passed' ? 'ok ' : 'NO '} ${title}\n      ${seen}\n`,
  );
  return `
${rows.join('')}
Turns lost ${lost}, answered twice ${doubled}, sent again by the person ${again}. ${holds ? 'The drill holds.' : 'The drill does not hold.'}
Image: ${image}
Took ${seconds(elapsedMs)}. ${clockOf(factor)}
`;
}

/** The clock of a drill, in words: what was shortened and what was not. */
export function clockOf(factor: number): string {
  const at = (aws: number): string => `${aws / factor} s`;
  return `Route 53's clock was divided by ${factor}: a health check every ${at(30)}, three failures, answers kept for ${at(60)}; at AWS 30 s, three, 60 s, so up to 150 s. Leases (15 s, and 60 s more before Google's agent takes a conversation over) ran at their own time.`;
}

export function renderHistory(drills: readonly PastDrill[]): string {
  if (drills.length === 0) return 'No drill was played here yet: ./lornu drill\n';
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
