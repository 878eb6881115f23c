import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';

/**
 * backend/ from top to bottom: a row may import rows below it and itself, never one above.
 * Names in one row stand side by side and do not know each other.
 */
export const BACKEND_LAYERS: readonly (readonly string[])[] = [
  // What tests share; nothing that is served imports it.
  ['testing', 'build.ts'],
  ['serve.ts'],
  ['compose.ts'],
  ['model-backend.ts'],
  ['open-stores.ts'],
  ['google-access.ts', 'firestore-stores.ts', 'peer-access.ts'],
  ['app.ts'],
  ['services.ts'],
  ['http', 'a2a'],
  // What both make of a request and of a stream, before either knows what it is about.
  ['web'],
  ['runs'],
  ['turn'],
  // What A2A keeps, beside the sessions and in their files.
  ['tasks'],
  ['agents'],
  ['sessions', 'artifacts', 'memory'],
  ['firestore'],
  ['events'],
  ['peer'],
  ['model'],
  ['identity'],
  ['observability'],
  ['config'],
  ['errors'],
];

export interface WrongImport {
  file: string;
  imports: string;
  why: string;
}

/** Every import in the package's folder that goes up, sideways, or out of the package by a relative path. */
export async function findWrongImports(
  packageDir: string,
  layers: readonly (readonly string[])[],
): Promise<WrongImport[]> {
  const depthOf = new Map(layers.flatMap((row, depth) => row.map((name) => [name, depth] as const)));
  const wrong: WrongImport[] = [];
  for await (const file of new Bun.Glob('**/*.{ts,tsx}').scan({ cwd: packageDir })) {
    // A test stands beside what it tests and may build the whole app for it.
    if (file.includes('node_modules/') || file.startsWith('dist/') || /\.test\.tsx?$/.test(file)) continue;
    const from = topOf(file);
    if (!depthOf.has(from))
      wrong.push({ file, imports: '', why: `${from} has no place in the list of layers` });
    for (const target of await relativeImports(join(packageDir, file))) {
      const to = relative(packageDir, target);
      const why = to.startsWith('..') ? 'leaves the package' : judge(from, topOf(to), depthOf);
      if (why) wrong.push({ file, imports: to, why });
    }
  }
  return wrong;
}

function judge(from: string, to: string, depthOf: ReadonlyMap<string, number>): string | undefined {
  const fromDepth = depthOf.get(from);
  const toDepth = depthOf.get(to);
  if (from === to || fromDepth === undefined || toDepth === undefined || toDepth > fromDepth)
    return undefined;
  return toDepth === fromDepth ? `${from} and ${to} stand side by side` : `${to} is above ${from}`;
}

function topOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** Absolute paths of a file's relative imports: types, re-exports and dynamic ones with a literal path too. */
async function relativeImports(path: string): Promise<string[]> {
  const source = await Bun.file(path).text();
  const { module } = parseSync(path, source);
  const names = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) =>
      one.entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map((one) =>
      source.slice(one.moduleRequest.start, one.moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
    ),
  ];
  return names.filter((name) => /^\.\.?\//.test(name)).map((name) => join(dirname(path), name));
}
