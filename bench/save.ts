import { join } from 'node:path';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { type BenchReport, renderReport } from './report.ts';
import { scaleTable } from './scale/table.ts';

/** The pages that quote figures, each with its generated part between two comments. */
const PAGES = [
  { page: 'docs/performance.md', marker: 'bench' },
  { page: 'docs/scale.md', marker: 'scale' },
] as const;

const root = join(import.meta.dir, '..');
const FILE = join(import.meta.dir, 'last-run.json');

/** The generated part of each page, as it must be after the last saved run. */
export async function generatedParts(): Promise<Record<string, string>> {
  const report = (await Bun.file(FILE).json()) as BenchReport;
  const screen = ['```', renderReport(report).trimEnd(), '```'].join('\n');
  return { 'docs/performance.md': screen, 'docs/scale.md': scaleTable(mulberry32(1)) };
}

/** The generated part that a page has now. */
export async function quotedPart(page: string): Promise<string | undefined> {
  const marker = PAGES.find((one) => one.page === page)?.marker;
  const text = await Bun.file(join(root, page)).text();
  return text.split(`<!-- ${marker} -->`)[1]?.split(`<!-- end of ${marker} -->`)[0]?.trim();
}

/** Stores the report as the last run, and writes it into the pages that quote figures. */
export async function saveReport(report: BenchReport): Promise<void> {
  await Bun.write(FILE, `${JSON.stringify(report, rounded, 2)}\n`);
  // In a new process, because the model of scale/ has read the file before.
  const child = Bun.spawn([process.execPath, import.meta.path], { stdout: 'inherit', stderr: 'inherit' });
  if ((await child.exited) !== 0) throw new Error('The pages could not be written: see above.');
}

async function writePages(): Promise<void> {
  const parts = await generatedParts();
  for (const { page, marker } of PAGES) {
    const path = join(root, page);
    const [before, rest] = (await Bun.file(path).text()).split(`<!-- ${marker} -->`);
    const after = rest?.split(`<!-- end of ${marker} -->`)[1];
    if (after === undefined)
      throw new Error(`${page} has no <!-- ${marker} --> ... <!-- end of ${marker} -->.`);
    const begin = `${before}<!-- ${marker} -->\n`;
    await Bun.write(path, `${begin}${parts[page] ?? ''}\n<!-- end of ${marker} -->${after}`);
  }
}

/** Four significant digits: a diff of two runs is easier to read. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

if (import.meta.main) await writePages();
