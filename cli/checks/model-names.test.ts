import { MODEL } from '@lornu/agents/model.ts';
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dir, '../..');
const NAME = /\bgemini-\d+(?:\.\d+)*(?:-[a-z][a-z0-9]*)*/g;

/** The file that names the model. */
const SOURCE = 'agents/model.ts';
/** Files that cannot import it: each name in them must be the same. */
const EQUAL = [
  'agents/incident/test_config.json',
  'agents/lornu/test_config.json',
  'bench/agents/bare/agent.py',
  'bench/agents/plain/agent.py',
  'docs/agents.md',
  'docs/screenshots/environment.svg',
  'gcp-agent/README.md',
  'gcp-agent/agents/lornu/agent.py',
  'terraform/aws/staging/variables.tf',
  'tests/contract/agents/clerk/agent.py',
  'tests/contract/agents/probe/agent.py',
];
/**
 * Files about models in general: which retire, what each family refuses, what an operator can choose, whom google-adk
 * asks.
 */
const ABOUT_MODELS =
  /^(?:backend\/model\/|evaluation\/judge\.ts$|standins\/gemini\/|terraform\/aws\/staging\/tests\/|agents\/[^/]+\/cassettes\/|ops\/(?:doctor|verify)\/.*\.test\.ts$|docs\/operations\.md$|docs\/decisions\/)/;

/** Every Gemini model named in the repository, by file. */
function namedModels(): Map<string, string[]> {
  const listed = Bun.spawnSync(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  });
  const files = listed.stdout.toString().split('\0').filter(Boolean);
  expect(files.length).toBeGreaterThan(100);
  const named = files.map((file): [string, string[]] => [file, namesIn(file)]);
  return new Map(named.filter(([, names]) => names.length > 0));
}

function namesIn(file: string): string[] {
  const bytes = readFileSync(join(ROOT, file));
  return bytes.includes(0) ? [] : (bytes.toString().match(NAME) ?? []);
}

test('one file names the model, and files that cannot import it have the same name', () => {
  const named = namedModels();
  expect(named.get(SOURCE)).toEqual([MODEL]);
  for (const file of EQUAL) expect([file, ...new Set(named.get(file))]).toEqual([file, MODEL]);
  const elsewhere = [...named.keys()].filter(
    (file) => file !== SOURCE && !EQUAL.includes(file) && !ABOUT_MODELS.test(file),
  );
  expect(elsewhere).toEqual([]);
});
