import { diffArrays } from 'diff';

/** A conversation as the page shows it; Replayed is one. */
export interface Compared {
  name: string;
  appName: string;
  verdict: string;
  /** The kinds of differences. */
  changes: readonly string[];
  /** Lines of each turn, before and now. */
  before: readonly string[][];
  now: readonly string[][];
  /** Descriptions of calls that were not recorded. */
  missing: readonly string[];
}

const STYLE = `
body{font:14px/1.45 system-ui,sans-serif;margin:2rem;color:#1d2329;background:#fff}
table{border-collapse:collapse;width:100%;table-layout:fixed;margin:.5rem 0 1.5rem}
td,th{vertical-align:top;text-align:left;padding:.15rem .5rem;border:1px solid #d8dee4;overflow-wrap:anywhere;white-space:pre-wrap}
td{font:12px/1.4 ui-monospace,monospace}
.gone{background:#ffebe9}.new{background:#dafbe1}.changed{color:#b3261e;font-weight:600}
summary{cursor:pointer;padding:.2rem 0}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}.gone{background:#4b1113}.new{background:#0f3d1f}.changed{color:#ff7b72}}`;

/** A self-contained page: what changed in which conversation, with both sides. */
export function renderReport(replayed: readonly Compared[], title: string): string {
  const changed = replayed.filter(({ verdict }) => verdict === 'changed');
  const counts = [...Map.groupBy(replayed, ({ verdict }) => verdict)].map(
    ([verdict, ones]) => `${ones.length} ${verdict}`,
  );
  const byChange = Map.groupBy(
    changed.flatMap((one) => one.changes.map((change) => ({ change, one }))),
    ({ change }) => change,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${STYLE}</style>
<h1>${escape(title)}</h1>
<p>${replayed.length} conversations: ${counts.join(', ')}.</p>
<ul>${[...byChange].map(([change, ones]) => `<li><span class="changed">${escape(change)}</span> in ${ones.length}</li>`).join('')}</ul>
${changed.map(renderOne).join('\n')}
</html>
`;
}

function renderOne({ name, appName, changes, before, now, missing }: Compared): string {
  const rows = now.map(
    (lines, turn) => `<tr><th colspan="2">turn ${turn + 1}</th></tr>${sideBySide(before[turn] ?? [], lines)}`,
  );
  return `<details open><summary><b>${escape(name)}</b> (${escape(appName)}): <span class="changed">${escape(changes.join(', '))}</span></summary>
${missing.length > 0 ? `<p>Not recorded: ${escape(missing.join('; '))}.</p>` : ''}
<table><tr><th>accepted</th><th>candidate</th></tr>${rows.join('')}</table></details>`;
}

/** Rows of two cells; changed lines are beside each other. */
function sideBySide(before: string[], now: string[]): string {
  const rows: string[] = [];
  let gone: string[] = [];
  const flush = (added: string[]): void => {
    for (let index = 0; index < Math.max(gone.length, added.length); index++)
      rows.push(`<tr>${cell(gone[index], 'gone')}${cell(added[index], 'new')}</tr>`);
    gone = [];
  };
  for (const { value, added, removed } of diffArrays(before, now)) {
    if (removed) gone = value;
    else if (added) flush(value);
    else {
      flush([]);
      rows.push(...value.map((line) => `<tr>${cell(line, '')}${cell(line, '')}</tr>`));
    }
  }
  flush([]);
  return rows.join('');
}

const cell = (line: string | undefined, kind: string): string =>
  `<td${line === undefined || kind === '' ? '' : ` class="${kind}"`}>${escape(line ?? '')}</td>`;

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
