import { isReady, type Found } from './first-time.ts';

const MARK = { ok: 'ok', missing: 'NO', unknown: '--' } as const;

/** One line per requirement, with its next command below, then what to do first. */
export function renderFound(found: readonly Found[]): string {
  const width = Math.max(...found.map(({ id }) => id.length));
  const lines = found.flatMap((one) => {
    const { id, title, state, seen, next, changed } = one;
    const how = state === 'unknown' ? `not looked at: ${seen}` : seen;
    return [
      `${MARK[state]}  ${id.padEnd(width)}  ${title}: ${changed ? `done now (${how})` : how}`,
      ...(next && state !== 'ok' ? [`    ${' '.repeat(width)}  next: ${next}`] : []),
    ];
  });
  return `${[...lines, '', summarise(found)].join('\n')}\n`;
}

function summarise(found: readonly Found[]): string {
  const count = (state: Found['state']) => found.filter((one) => one.state === state).length;
  const parts = [
    `${count('ok')} of ${found.length} are there`,
    ...(count('missing') > 0 ? [`${count('missing')} missing`] : []),
    ...(count('unknown') > 0 ? [`${count('unknown')} not looked at`] : []),
  ];
  const first = found.find(({ state, next }) => state !== 'ok' && next !== undefined);
  if (isReady(found))
    return `${parts.join(', ')}: nothing is left to do. docs/first-day.md says what to look at next.`;
  return `${parts.join(', ')}. Begin with ${first?.id ?? 'the first that is missing'}${first?.next ? `:\n  ${first.next}` : '.'}`;
}
