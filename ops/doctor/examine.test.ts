import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { examine } from './examine.ts';

const root = join(import.meta.dir, '../..');

test('tools, machine and configuration are listed, secrets only as set, problems with a next step', async () => {
  const findings = await examine({
    root,
    cacheDir: join(root, '.cache'),
    env: {
      PATH: process.env['PATH'],
      GEMINI_API_KEY: 'a-key-of-ours',
      PORT: 'soon',
      // A port on which nothing listens.
      npm_config_registry: 'http://127.0.0.1:9/',
    },
    signal: new AbortController().signal,
  });
  const named = (name: string) => findings.filter((finding) => finding.name === name);
  expect(new Set(findings.map(({ group }) => group))).toContain('Configuration');
  expect(named('git')[0]?.state).toBe('ok');
  expect(named('GEMINI_API_KEY')[0]?.value).toStartWith('(set)');
  expect(JSON.stringify(findings)).not.toContain('a-key-of-ours');
  expect(named("the rehearsal's network")[0]?.value).toMatch(/^the applied one|^loopback: ./);
  // Not also as a row that says it is all right.
  expect(named('PORT').map(({ state }) => state)).toEqual(['missing']);
  expect(named('npm registry')[0]).toMatchObject({
    state: 'optional',
    value: expect.stringContaining('no answer'),
  });
  for (const finding of findings) if (finding.state === 'missing') expect(finding.next).toBeTruthy();
});
