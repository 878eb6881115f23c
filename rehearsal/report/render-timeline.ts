import { escape } from '../picture/svg.ts';
import type { Timeline } from './timeline.ts';

const LABEL = 250;
const WIDTH = 1080;
const ROW = 26;
const TOP = 26;

/** Tasks as bars over time, with the service's messages as marks; the page has the colours of the phases. */
export function renderTimeline({ fromMs, toMs, rows, messages }: Timeline): string {
  if (rows.length === 0) return '<p class="quiet">No task ran.</p>';
  const spanMs = Math.max(toMs - fromMs, 1);
  const x = (atMs: number): number => LABEL + ((atMs - fromMs) / spanMs) * (WIDTH - LABEL - 16);
  const height = TOP + rows.length * ROW + 12;
  const ticks = tickSeconds(spanMs / 1000);
  const parts = [
    ...ticks.map((seconds) => {
      const at = x(fromMs + seconds * 1000);
      return `<line class="grid" x1="${round(at)}" x2="${round(at)}" y1="${TOP - 6}" y2="${height - 8}"/><text class="axis" x="${round(at)}" y="14" text-anchor="middle">${seconds} s</text>`;
    }),
    ...rows.flatMap(({ taskId, taskDefinition, segments, end }, index) => {
      const y = TOP + index * ROW;
      return [
        `<text class="label" x="0" y="${y + 15}">${escape(`${taskDefinition}  ${taskId.slice(0, 8)}`)}</text>`,
        ...segments.map(({ phase, fromMs: from, toMs: to }) => {
          const title = `${phase} for ${((to - from) / 1000).toFixed(1)} s`;
          return `<rect class="bar ${phase}" x="${round(x(from))}" y="${y + 3}" width="${round(Math.max(x(to) - x(from), 1.5))}" height="16" rx="3"><title>${title}</title></rect>`;
        }),
        ...(end && segments.length > 0
          ? [
              `<circle class="end" cx="${round(x(segments.at(-1)?.toMs ?? toMs))}" cy="${y + 11}" r="4"><title>${escape(end)}</title></circle>`,
            ]
          : []),
      ];
    }),
    ...messages.map(
      ({ atMs, text }) =>
        `<path class="mark" d="M${round(x(atMs))} ${TOP - 4}l-4 -7h8z"><title>${escape(text)}</title></path>`,
    ),
  ];
  return `<svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Tasks over ${Math.round(spanMs / 1000)} s">${parts.join('')}</svg>`;
}

/** Round numbers of seconds, for six to twelve ticks. */
function tickSeconds(span: number): number[] {
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((one) => span / one <= 12) ?? 1200;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
