import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientsCalled, keepClients } from './keep-clients.ts';
import { keepServices } from './keep-services.ts';
import { PROVIDER_MODULE, PROVIDER_SERVICES, SHORT_WAIT } from './provider-source.ts';
import { shortenWaits } from './shorten-waits.ts';

const SERVICE_LIST = 'internal/provider/sdkv2/service_packages_gen.go';
const CLIENT_LIST = 'internal/conns/awsclient_gen.go';

/** Drops the services that are not used from a copy of the module. `packagesOf` is asked after that: it lists the folders that are still compiled. */
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

/** The copy shares its files with Go's module cache by hard links, so a file is exchanged, never written into. */
async function replace(file: string, source: string): Promise<void> {
  await rm(file);
  await writeFile(file, source);
}
