import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const here = import.meta.dir;

/** Builds the page into `outdir`: index.html beside files whose names contain a hash of their content. */
export async function buildPage(outdir: string): Promise<void> {
  await rm(outdir, { recursive: true, force: true });
  const result = await Bun.build({
    entrypoints: [join(here, 'index.html')],
    outdir,
    minify: true,
    splitting: true,
    // Absolute, so that the page also works below another path, like /docs/.
    publicPath: '/',
    naming: { chunk: 'assets/[name]-[hash].[ext]', asset: 'assets/[name]-[hash].[ext]' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  if (!result.success) throw new AggregateError(result.logs, 'The page could not be built.');
}

if (import.meta.main) {
  const outdir = join(here, 'dist');
  await buildPage(outdir);
  const files = await readdir(outdir, { recursive: true });
  console.log(`Built ${files.length} files into frontend/dist.`);
}
