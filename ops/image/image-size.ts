import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../process/run-command.ts';
import type { BuiltImage, BuiltImages } from './build-image.ts';
import type { Engine } from './engine.ts';

export interface LayerSize {
  /** Digest of the uncompressed layer: the same for every build of the same content. */
  digest: string;
  /** Its content: the last layers are the target's own instructions, earlier ones the base's. */
  holds: string;
  bytes: number;
  /** Size as a registry stores and sends it (gzip). */
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
});

/** Saves an image as an archive and measures its layers, compressed as in a push. */
async function measureImage(
  engine: Engine,
  image: string,
  instructions: readonly string[],
): Promise<ImageSize> {
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
    return await readLayers(folder, instructions);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readLayers(folder: string, instructions: readonly string[]): Promise<ImageSize> {
  const [{ Config, Layers }] = MANIFEST.parse(await Bun.file(join(folder, 'manifest.json')).json());
  const config = CONFIG.parse(await Bun.file(join(folder, Config)).json());
  const layers: LayerSize[] = [];
  for (const [index, file] of Layers.entries()) {
    const bytes = await Bun.file(join(folder, file)).bytes();
    layers.push({
      digest: config.rootfs.diff_ids[index] ?? '',
      holds: instructions[index - (Layers.length - instructions.length)] ?? 'base image',
      bytes: bytes.length,
      compressedBytes: Bun.gzipSync(bytes, { level: 6 }).length,
    });
  }
  const sum = (key: 'bytes' | 'compressedBytes'): number =>
    layers.reduce((total, layer) => total + layer[key], 0);
  return { layers, bytes: sum('bytes'), compressedBytes: sum('compressedBytes') };
}

/** Digests of an image's uncompressed layers, starting at the base. */
export async function layerDigests(engine: Engine, image: string): Promise<string[]> {
  const inspect =
    engine.kind === 'buildah'
      ? ['inspect', '--type', 'image', '--format', '{{json .OCIv1.RootFS.DiffIDs}}', image]
      : ['image', 'inspect', '--format', '{{json .RootFS.Layers}}', image];
  const { stdout } = await runCommand([engine.path, ...inspect]);
  return z.array(z.string()).parse(JSON.parse(stdout));
}

/** Measures the built images. */
export async function measureImages(
  { engine, images }: BuiltImages,
  root: string,
): Promise<(BuiltImage & ImageSize)[]> {
  const dockerfile = await Bun.file(join(root, 'Dockerfile')).text();
  const sizes: (BuiltImage & ImageSize)[] = [];
  for (const built of images) {
    sizes.push({
      ...built,
      ...(await measureImage(engine, built.image, layerInstructions(dockerfile, built.target))),
    });
  }
  return sizes;
}

/** One line per image and one per layer; megabytes of 1,000,000 bytes, as registries count. */
export function renderSizes(sizes: readonly (BuiltImage & ImageSize)[]): string {
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return sizes
    .flatMap(({ image, compressedBytes, bytes, layers }) => [
      `${image}: ${mb(compressedBytes)} compressed, ${mb(bytes)} unpacked`,
      ...layers.map(
        (layer) => `  ${mb(layer.compressedBytes).padStart(9)}  ${layer.digest.slice(7, 19)}  ${layer.holds}`,
      ),
      '',
    ])
    .join('\n');
}

/** The instructions of a target that create a layer: COPY, ADD and RUN, in order. */
export function layerInstructions(dockerfile: string, target: string): string[] {
  const stage = dockerfile
    .split(/^(?=FROM )/m)
    .find((text) => new RegExp(`^FROM .+ AS ${target}$`, 'm').test(text));
  return (stage ?? '').split('\n').filter((line) => /^(COPY|ADD|RUN) /.test(line));
}
