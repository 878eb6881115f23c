import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { BREAKS } from '@lornu/rehearsal/breaks/all-breaks.ts';
import { readDrills } from '@lornu/rehearsal/drill/history.ts';
import type { DrillReport } from '@lornu/rehearsal/drill/judge-drill.ts';
import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { join } from 'node:path';
import { runCli, temporaryRehearsal } from '../whole/kit.ts';

// docs/operations.md, "What breaks" and "Fail over": its commands, on one applied environment.
setDefaultTimeout(30 * 60_000);

const inVpc = (await whyNoNamespaces(process.env)) === undefined;
let rehearsal: Awaited<ReturnType<typeof temporaryRehearsal>>;

interface Played {
  breaks: { id: string; outcome: string; seen: string; busyMs: number; timeline: { rows: unknown[] } }[];
  elapsedMs: number;
}

const run = async (...argv: string[]) => runCli([...argv, '--data-dir', rehearsal.dataDir]);
const playBreaks = async (...argv: string[]) =>
  run('rehearse', 'break', ...argv, '--json', '--report', join(rehearsal.dataDir, 'report'));

beforeAll(async () => {
  rehearsal = await temporaryRehearsal();
  const { exitCode, stderr } = await run('rehearse', 'apply');
  if (exitCode !== 0) throw new Error(stderr);
});
afterAll(async () => {
  await run('rehearse', 'destroy');
  await rehearsal.remove();
});

test('every break recovers, and each has a timeline', async () => {
  const { exitCode, stdout } = await playBreaks();
  const { breaks, elapsedMs } = JSON.parse(stdout) as Played;
  const times = breaks
    .toSorted((a, b) => b.busyMs - a.busyMs)
    .map(({ id, busyMs }) => `${id} ${(busyMs / 1000).toFixed(1)}`);
  process.stdout.write(
    `figure: ${breaks.length} breaks took ${(elapsedMs / 1000).toFixed(0)} s: ${times.join(', ')}\n`,
  );
  expect(breaks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(breaks.map(({ id }) => id).toSorted()).toEqual(BREAKS.map(({ id }) => id).toSorted());
  const absent = breaks.filter(({ outcome }) => outcome === 'absent').map(({ id }) => id);
  expect(absent).toEqual(inVpc ? [] : BREAKS.filter((one) => one.needsNetwork).map(({ id }) => id));
  expect(breaks.every(({ timeline }) => timeline.rows.length > 0)).toBeTrue();
  expect(exitCode).toBe(0);
  const page = await Bun.file(join(rehearsal.dataDir, 'report/report.html')).text();
  expect(page.match(/<p>Fault: /g)).toHaveLength(breaks.length);
  expect(page.match(/<svg class="timeline"/g)?.length).toBeGreaterThanOrEqual(breaks.length - absent.length);
});

/** One of each kind: a deployment takes as long as the break, so all of them would double the suite. */
const DURING_DEPLOY = ['firestore-slow', 'nat-gone', 'permission-withdrawn'];

test('breaks in the middle of a deployment recover too', async () => {
  const meant = BREAKS.filter(
    ({ id, needsNetwork }) => DURING_DEPLOY.includes(id) && (inVpc || !needsNetwork),
  );
  expect(meant.length).toBe(inVpc ? 3 : 2);
  const names = meant.map(({ id }) => id);
  const { exitCode, stdout } = await playBreaks(...names, '--during-deploy');
  const { breaks } = JSON.parse(stdout) as Played;
  expect(breaks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(exitCode).toBe(0);
});

test.skipIf(!inVpc)(
  'a drill loses no turn and no word, and is kept with the digest of the image',
  async () => {
    const { exitCode, stdout } = await run('drill', '--json');
    const report = JSON.parse(stdout) as DrillReport;
    expect(report.parts.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect([report.lost, report.doubled, exitCode]).toEqual([0, 0, 0]);
    const [kept, ...others] = await readDrills(join(rehearsal.dataDir, 'drills.jsonl'));
    expect(others).toEqual([]);
    expect(kept?.image).toMatch(/@sha256:[0-9a-f]{64}$/);
    const history = await run('drill', '--history');
    expect(history.stdout).toContain(`${kept?.at}  held`);
  },
);
