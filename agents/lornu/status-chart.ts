/** One dependency in the chart, from /ready. */
interface Dependency {
  name: string;
  state: string;
  durationMs: number;
}

const WIDTH = 640;
const ROW_HEIGHT = 44;
const TOP = 84;
const BAR_LEFT = 170;
const BAR_WIDTH = 330;
const COLOURS: Readonly<Record<string, string>> = { ok: '#0b6b62', degraded: '#b45309' };
const FAILED = '#b3261e';

/** An SVG bar chart of how fast each dependency answered and in which state it is; its text is escaped. */
export function drawStatusChart(status: Record<string, unknown>): string {
  const dependencies = readDependencies(status['dependencies']);
  const slowest = Math.max(1, ...dependencies.map(({ durationMs }) => durationMs));
  const height = TOP + dependencies.length * ROW_HEIGHT + 24;
  const where = [
    status['environment'],
    status['region'],
    status['revision'] && `revision ${toText(status['revision'])}`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" role="img">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(24, 36, 'Dependencies: time to answer', 'font-size="18" font-weight="600" fill="#1d1c1a"'),
    text(24, 58, where.filter(Boolean).map(toText).join(' · '), 'font-size="13" fill="#5f5b53"'),
    ...dependencies.map((dependency, index) => drawRow(dependency, TOP + index * ROW_HEIGHT, slowest)),
    '</svg>',
  ].join('\n');
}

function drawRow({ name, state, durationMs }: Dependency, top: number, slowest: number): string {
  const colour = COLOURS[state] ?? FAILED;
  // Keep a visible bar for an immediate answer.
  const length = Math.max(3, Math.round((durationMs / slowest) * BAR_WIDTH));
  const middle = top + ROW_HEIGHT / 2;
  const label = `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms${state === 'ok' ? '' : `, ${state}`}`;
  return [
    `<circle cx="30" cy="${middle}" r="5" fill="${colour}"/>`,
    text(46, middle + 5, name, 'font-size="15" fill="#1d1c1a"'),
    `<rect x="${BAR_LEFT}" y="${top + 10}" width="${length}" height="${ROW_HEIGHT - 20}" rx="4" fill="${colour}"/>`,
    text(BAR_LEFT + length + 10, middle + 5, label, 'font-size="14" fill="#5f5b53"'),
  ].join('');
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll(/[&<>"']/gu, (character) => `&#${character.codePointAt(0)};`);
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readDependencies(value: unknown): Dependency[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('name' in entry) || !('state' in entry)) return [];
    const durationMs = 'durationMs' in entry && typeof entry.durationMs === 'number' ? entry.durationMs : 0;
    return [{ name: toText(entry.name), state: toText(entry.state), durationMs }];
  });
}
