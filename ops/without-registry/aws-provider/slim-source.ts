import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROVIDER_MODULE, PROVIDER_SERVICES, SHORT_WAIT } from './provider-source.ts';

const SERVICE_LIST = 'internal/provider/sdkv2/service_packages_gen.go';
const CLIENT_LIST = 'internal/conns/awsclient_gen.go';
const CLIENT_FUNCTION = /^func \(c \*AWSClient\) (\w+)\([\s\S]*?^}\n/gm;
const SDK_IMPORT = /^\s+(?:(\w+) )?"github\.com\/aws\/aws-sdk-go-v2\/service\/(\w+)"$/;
const FIXED_WAIT =
  /\b((?:Delay|MinTimeout|PollInterval|delay|minTimeout|pollInterval)\s*(?::=|=|:)\s*)\d+ \* time\.(?:Second|Minute)\b/;
const FIELD = /^\s+\w+:\s.*,(\s*\/\/.*)?$/;

/**
 * Removes unused services from a copy of the module. `packagesOf` is called afterwards and lists the folders that are
 * still compiled.
 */
export async function slimSource(
  folder: string,
  packagesOf: () => Promise<readonly string[]>,
): Promise<{ services: number; clients: number; waits: number }> {
  const services = new Set<string>(PROVIDER_SERVICES);
  await edit(join(folder, SERVICE_LIST), (source) => keepServices(source, PROVIDER_MODULE, services));

  const called = new Set<string>();
  for (const packageFolder of await packagesOf()) {
    for (const file of await goFiles(packageFolder)) {
      if (file.endsWith(CLIENT_LIST)) continue;
      for (const name of clientsCalled(await readFile(file, 'utf8'))) called.add(name);
    }
  }
  await edit(join(folder, CLIENT_LIST), (source) => keepClients(source, called));

  let waits = 0;
  for (const service of PROVIDER_SERVICES) {
    for (const file of await goFiles(join(folder, 'internal/service', service))) {
      const shortened = shortenWaits(await readFile(file, 'utf8'), SHORT_WAIT);
      if (shortened.count === 0) continue;
      waits += shortened.count;
      await replace(file, shortened.source);
    }
  }
  return { services: services.size, clients: called.size, waits };
}

async function goFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => join(folder, name));
}

async function edit(file: string, change: (source: string) => string): Promise<void> {
  await replace(file, change(await readFile(file, 'utf8')));
}

/** The copy shares its files with Go's module cache through hard links, so files are replaced, never modified. */
async function replace(file: string, source: string): Promise<void> {
  await rm(file);
  await writeFile(file, source);
}

/** Keeps only these services in the generated list of service packages; other lines stay. */
export function keepServices(source: string, module: string, services: ReadonlySet<string>): string {
  const imported = new RegExp(`^\\s+"${RegExp.escape(module)}/internal/service/(\\w+)"$`);
  const called = /^\s+(\w+)\.ServicePackage\(ctx\),$/;
  const kept: string[] = [];
  const missing = new Set(services);
  for (const line of source.split('\n')) {
    const name = (imported.exec(line) ?? called.exec(line))?.[1];
    if (name !== undefined && !services.has(name)) continue;
    if (name !== undefined) missing.delete(name);
    kept.push(line);
  }
  if (missing.size > 0) throw new Error(`the provider has no service ${[...missing].join(', ')}`);
  return kept.join('\n');
}

/** Names of the AWS SDK clients that a Go file of the provider uses, such as `meta.EC2Client(ctx)`. */
export function clientsCalled(source: string): string[] {
  return [...source.matchAll(/\.(\w+Client)\(ctx/g)].map((match) => match[1] ?? '');
}

/** Keeps only the used clients in the generated file of SDK clients: each of the others links a whole SDK. */
export function keepClients(source: string, called: ReadonlySet<string>): string {
  const functions = [...source.matchAll(CLIENT_FUNCTION)].filter((match) => called.has(match[1] ?? ''));
  const body = functions.map((match) => match[0]).join('\n');
  const head = source.slice(0, source.search(/^func \(c \*AWSClient\) /m));
  const kept = head.split('\n').filter((line) => {
    const sdk = SDK_IMPORT.exec(line);
    return !sdk || new RegExp(`\\b${sdk[1] ?? sdk[2]}\\.Client\\b`).test(body);
  });
  return `${kept.join('\n')}${body}`;
}

/**
 * Replaces the fixed polling intervals of a Go file of the provider; timeouts stay. Adds a PollInterval where a wait
 * has none: without it the provider doubles its pauses up to ten seconds.
 */
export function shortenWaits(source: string, wait: string): { source: string; count: number } {
  let count = 0;
  const lines = source.split('\n');
  const shortened = lines.map((line, index) => {
    if (!FIXED_WAIT.test(line)) return line;
    count += 1;
    const short = line.replace(FIXED_WAIT, (_match, name: string) => `${name}${wait}`);
    return FIELD.test(line) && isFirstWait(lines, index) ? `${short}\nPollInterval: ${wait},` : short;
  });
  return { source: shortened.join('\n'), count };
}

/** Whether this is the first shortened field of a literal without PollInterval. */
function isFirstWait(lines: readonly string[], index: number): boolean {
  let first = index;
  while (first > 0 && !lines[first - 1]?.endsWith('{')) first -= 1;
  let last = index;
  while (last < lines.length - 1 && !lines[last + 1]?.trim().startsWith('}')) last += 1;
  if (lines.slice(first, last + 1).some((line) => /^\s+PollInterval:/.test(line))) return false;
  return !lines.slice(first, index).some((line) => FIXED_WAIT.test(line));
}
