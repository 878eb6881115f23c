/** Executable lines of one file, and how often a suite ran each. */
export type Lines = Map<number, number>;

/** Files that are not deployment scripts, or only run as separate programs, where bun counts no lines. */
export const LEFT_OUT: readonly { files: RegExp; why: string }[] = [
  {
    files: /^standins\//,
    why: 'stand-ins for Gemini, Google and Terraform Cloud: started as programs by the suites that talk to them',
  },
  {
    files: /^ops\/(up|servers)\//,
    why: 'lornu up, the service on a laptop: started as a program by the suites up, launcher and browser',
  },
  {
    files: /^rehearsal\/(breaks|conformance|drill)\//,
    why: 'breaks, drills and conformance checks: they deploy nothing; the long suites breaks and long-conformance play all',
  },
  {
    files: /^cli\/(main\.ts|commands\/(bench|doctor|up)\.ts)$/,
    why: 'the way in and the commands that deploy nothing: started as programs by launcher, up and the rehearsal',
  },
];

/** Adds a suite's lcov report to the others; makes paths relative to the root. */
export function addReport(files: Map<string, Lines>, report: string, root: string): void {
  let lines: Lines | undefined;
  for (const row of report.split('\n')) {
    const name = /^SF:(.+)$/.exec(row)?.[1];
    if (name !== undefined) {
      const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
      lines = files.get(file) ?? new Map<number, number>();
      files.set(file, lines);
      continue;
    }
    const [, line, times] = /^DA:(\d+),(\d+)/.exec(row) ?? [];
    if (lines && line !== undefined) lines.set(Number(line), (lines.get(Number(line)) ?? 0) + Number(times));
  }
}

export interface LineCoverage {
  run: number;
  all: number;
  /** Files that no suite loaded: all their lines of code count as not run. */
  neverLoaded: string[];
  folders: { folder: string; run: number; all: number }[];
  leftOut: { why: string; files: number }[];
}

/** The line coverage of the given sources (path and text of each), which must be complete. */
export function lineCoverage(
  files: ReadonlyMap<string, Lines>,
  sources: readonly { path: string; text: string }[],
): LineCoverage {
  const folders = new Map<string, { folder: string; run: number; all: number }>();
  const leftOut = LEFT_OUT.map(({ why }) => ({ why, files: 0 }));
  const neverLoaded: string[] = [];
  for (const { path, text } of sources) {
    const out = LEFT_OUT.findIndex((one) => one.files.test(path));
    if (out !== -1) {
      const row = leftOut[out];
      if (row) row.files += 1;
      continue;
    }
    const lines = files.get(path);
    const all = lines ? lines.size : linesOfCode(text);
    if (!lines && all > 0) neverLoaded.push(path);
    const folder = path.split('/').slice(0, 2).join('/');
    const row = folders.get(folder) ?? { folder, run: 0, all: 0 };
    row.all += all;
    row.run += lines ? [...lines.values()].filter((times) => times > 0).length : 0;
    folders.set(folder, row);
  }
  const rows = [...folders.values()].toSorted((a, b) => a.folder.localeCompare(b.folder));
  return {
    run: rows.reduce((sum, { run }) => sum + run, 0),
    all: rows.reduce((sum, { all }) => sum + all, 0),
    neverLoaded,
    folders: rows,
    leftOut,
  };
}

/** An estimate of the lines that bun counts when it loads a file; a file with only types has none. */
function linesOfCode(text: string): number {
  const transpiled = new Bun.Transpiler({ loader: 'ts' }).transformSync(text);
  return transpiled.split('\n').filter((line) => /[\w)]/.test(line) && !/^\s*(import|export \{)/.test(line))
    .length;
}
