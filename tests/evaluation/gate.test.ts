import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CHECKOUT, nowhere } from '@lornu/cli/captured-run.ts';
import { assertPassed, runGate } from '@lornu/ops/eval/gate.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(180_000);

const context = nowhere(CHECKOUT);
const folder = await mkdtemp(join(tmpdir(), 'gate-'));
afterAll(() => rm(folder, { recursive: true }));

/** The bundled agents with one of them changed, and the conversations that were agreed on. */
async function planted(name: string, file: string, from: string, to: string): Promise<string> {
  const agentsDir = join(folder, name);
  await cp(join(ROOT, 'agents'), agentsDir, { recursive: true });
  const path = join(agentsDir, file);
  const text = await Bun.file(path).text();
  expect(text).toContain(from);
  await Bun.write(path, text.replaceAll(from, to));
  return agentsDir;
}

test('the bundled agents pass: every recorded conversation, every eval case, and a short load', async () => {
  const notes: string[] = [];
  const verdict = await runGate({ agentsDir: join(ROOT, 'agents') }, context, (text) => notes.push(text));
  expect(verdict).toMatchObject({ passed: true, changed: 0, evalFailed: 0, loadFailed: 0, reasons: [] });
  expect(verdict.replayed).toBeGreaterThanOrEqual(30);
  expect(verdict.evalCases).toBeGreaterThanOrEqual(30);
  expect(notes).toHaveLength(3);
  process.stdout.write(`figure: the gate: ${notes.join('; ')}\n`);
});

test('a candidate with a planted regression does not pass, and is told by what it does otherwise', async () => {
  const agentsDir = await planted('renamed', 'lornu/agent.ts', "'list_notes'", "'read_notes'");
  const verdict = await runGate({ agentsDir }, context);
  expect(verdict.passed).toBe(false);
  expect(verdict.changed).toBeGreaterThan(10);
  expect(verdict.evalFailed).toBeGreaterThan(0);
  expect(verdict.reasons.join('\n')).toContain('tools declared');
  expect(() => assertPassed(verdict, 'Nothing was published.')).toThrow('Nothing was published.');
});

test('an agent that does not load, and an image that is not there: no pass, and no waiting', async () => {
  const agentsDir = await planted(
    'broken',
    'lornu/agent.ts',
    'export ',
    'throw new Error("planted"); export ',
  );
  const broken = await runGate({ agentsDir }, context);
  expect(broken).toMatchObject({ passed: false, reasons: expect.arrayContaining([expect.any(String)]) });
  expect(broken.loadFailed).toBeGreaterThan(0);
  const image = 'localhost/lornu-that-is-not-there:0';
  const agents = join(ROOT, 'agents');
  expect(await runGate({ image, agentsDir: agents }, context).catch((error: unknown) => error)).toMatchObject(
    {
      parts: { what: expect.any(String), next: expect.any(String) },
    },
  );
});

test('agents without recorded conversations are not judged, and the next step is named', async () => {
  const agentsDir = join(folder, 'bare');
  await cp(join(ROOT, 'agents/lornu'), join(agentsDir, 'lornu'), { recursive: true });
  await rm(join(agentsDir, 'lornu/cassettes'), { recursive: true });
  expect(await runGate({ agentsDir }, context).catch((error: unknown) => error)).toMatchObject({
    parts: { what: 'There is nothing to replay.', next: expect.stringContaining('lornu record') },
  });
});
