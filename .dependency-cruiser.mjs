/**
 * The layers, from top to bottom: a row may import the rows below it and itself, never one above or beside it. `./lornu
 * test layers` checks them with dependency-cruiser. A new folder needs a place here before it can land.
 */

/** The packages, tests included. */
const PACKAGES = [
  ['bench', 'tests'],
  ['cli'],
  ['rehearsal'],
  ['ops'],
  ['backend', 'frontend'],
  ['evaluation'],
  ['standins'],
  ['agents'],
];

/** The folders of each package. A test beside the code may build the whole app, so tests are left out here. */
const ROOMS = {
  backend: [
    // Shared by tests; no served code imports it.
    ['testing', 'build.ts'],
    ['serve.ts'],
    ['compose.ts'],
    ['model-backend.ts'],
    ['open-stores.ts'],
    ['google-access.ts', 'firestore-stores.ts', 'peer-access.ts'],
    ['app.ts'],
    ['services.ts'],
    ['http', 'a2a'],
    // Request and stream helpers of REST and A2A.
    ['web'],
    // Watches runs that have ended.
    ['shadow'],
    ['runs'],
    ['turn'],
    // A2A's storage, beside the sessions and in their files.
    ['tasks'],
    ['agents'],
    ['sessions', 'artifacts', 'memory'],
    ['firestore'],
    ['events'],
    ['peer'],
    ['model'],
    // All access to parts of ADK that it does not export for this.
    ['adk'],
    ['identity'],
    // Shared by every SQLite file of the service.
    ['sqlite'],
    ['observability'],
    ['config'],
    ['errors'],
    // Lossless JSON.
    ['json'],
  ],
  // captured-run.ts is for tests.
  cli: [['main.ts', 'captured-run.ts'], ['run-cli.ts'], ['command-table.ts'], ['commands'], ['checks']],
  'frontend/src': [
    ['main.tsx'],
    ['pages'],
    ['components'],
    ['markdown'],
    ['chat', 'ui'],
    ['api'],
    ['util', 'styles', 'assets.d.ts', 'icon.svg'],
  ],
  ops: [
    ['first-time'],
    ['eval'],
    ['doctor', 'image', 'runs', 'servers', 'secrets'],
    ['delivery', 'up', 'verify'],
    ['without-registry'],
    ['aws-resources', 'setup', 'terraform'],
    ['process', 'steps'],
    ['base'],
  ],
  rehearsal: [
    ['conformance', 'whole'],
    ['report'],
    ['drill'],
    ['breaks'],
    ['scenarios'],
    ['serve'],
    ['alarms', 'containers', 'run'],
    ['iam', 'network', 'picture', 'tasks', 'terraform'],
    ['emulator', 'load-balancer', 'reachability'],
  ],
  standins: [['firestore', 'gemini', 'github', 'google', 'terraform-cloud']],
};

const TESTS = '\\.test\\.tsx?$';
const anyOf = (names) => `(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})(/|$)`;

/** One rule per row: it must not import what is above or beside it. */
function downwards(folder, rows, exempt) {
  const prefix = folder ? `^${folder}/` : '^';
  return rows.flatMap((row, depth) =>
    row.map((name) => {
      const unreachable = [...rows.slice(0, depth).flat(), ...row.filter((other) => other !== name)];
      return {
        name: `${folder ? `${folder}/` : ''}${name} imports only what stands below it`,
        severity: 'error',
        from: { path: `${prefix}${anyOf([name])}`, ...(exempt ? { pathNot: exempt } : {}) },
        to: { path: unreachable.length > 0 ? `${prefix}${anyOf(unreachable)}` : '^$' },
      };
    }),
  );
}

export default {
  forbidden: [
    { name: 'no circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no import without a file',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^bun' },
    },
    ...downwards('', PACKAGES),
    {
      name: 'the checker of histories knows nothing of the service that made them',
      severity: 'error',
      from: { path: '^tests/simulation/check/', pathNot: TESTS },
      to: { pathNot: '^tests/simulation/check/' },
    },
    ...Object.entries(ROOMS).flatMap(([folder, rows]) => [
      ...downwards(folder, rows, TESTS),
      {
        name: `every room of ${folder}/ has a place in the layers`,
        severity: 'error',
        from: {
          path: `^${folder}/`,
          pathNot: [`^${folder}/${anyOf(rows.flat())}`, TESTS, '/(build|dev)\\.ts$'],
        },
        to: {},
      },
    ]),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|dist|\\.cache)/' },
    // dependency-cruiser cannot use TypeScript 7, which has no API for it.
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['bun', 'import', 'default'] },
  },
};
