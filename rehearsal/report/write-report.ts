import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderEnvironment } from '../picture/render-environment.ts';
import { renderPage } from './render-page.ts';
import type { Report } from './report.ts';

/** Writes report.html, report.json and the pictures, replacing an earlier report; returns the page's path. */
export async function writeReport(report: Report, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'report.html');
  await Promise.all([
    writeFile(path, renderPage(report)),
    writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`),
    ...(report.applied ? [writeFile(join(folder, 'network.svg'), report.applied.networkPicture)] : []),
    ...(report.environment
      ? [writeFile(join(folder, 'environment.svg'), renderEnvironment(report.environment))]
      : []),
  ]);
  return path;
}
