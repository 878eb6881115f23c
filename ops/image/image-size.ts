import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../process/run-command.ts';
import type { Engine } from './engine.ts';

export interface LayerSize {
  /** Of the uncompressed layer: the same in every build of the same content. */
  digest: string;
  /** The Dockerfile's instruction that made it. */
  made: string;
  bytes: number;
  /** As a registry stores and sends it (gzip). */
  compressedBytes: number;
}

export interface ImageSize {
  layers: LayerSize[];
  bytes: number;
  compressedBytes: number;
}

const MANIFEST = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })]);
const CONFIG = z.object({
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
  history: z.array(z.object({ created_by: z.string().default(''), empty_layer: z.boolean().default(false) })),
});

/** Saves an image as an archive and measures its layers, compressed as a push would. */
export async function measureImage(engine: Engine, image: string): Promise<ImageSize> {
  const folder = await mkdtemp(join(tmpdir(), 'image-size-'));
  try {
    const archive = join(folder, 'image.tar');
    const save =
      engine.kind === 'buildah'
        ? ['push', image, `docker-archive:${archive}`]
        : engine.kind === 'docker'
          ? ['save', '-o', archive, image]
          : ['save', '--format', 'docker-archive', '-o', archive, image];
    await runCommand([engine.path, ...save], {
      what: `${image} can't be measured.`,
      next: './lornu image build',
    });
    await runCommand(['tar', '-C', folder, '-xf', archive]);
    return await readLayers(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readLayers(folder: string): Promise<ImageSize> {
  const [{ Config, Layers }] = MANIFEST.parse(await Bun.file(join(folder, 'manifest.json')).json());
  const config = CONFIG.parse(await Bun.file(join(folder, Config)).json());
  const made = config.history.filter((entry) => !entry.empty_layer).map((entry) => entry.created_by);
  const layers: LayerSize[] = [];
  for (const [index, file] of Layers.entries()) {
    const bytes = await Bun.file(join(folder, file)).bytes();
    layers.push({
      digest: config.rootfs.diff_ids[index] ?? '',
      made: shorten(made[index] ?? ''),
      bytes: bytes.length,
      compressedBytes: Bun.gzipSync(bytes, { level: 6 }).length,
    });
  }
  const sum = (key: 'bytes' | 'compressedBytes'): number =>
    layers.reduce((total, layer) => total + layer[key], 0);
  return { layers, bytes: sum('bytes'), compressedBytes: sum('compressedBytes') };
}

function shorten(instruction: string): string {
  const clean = instruction
    .replace(/^\/bin\/sh -c (#\(nop\) )?/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length > 70 ? `${clean.slice(0, 67)}...` : clean;
}
