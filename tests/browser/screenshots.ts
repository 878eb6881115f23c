import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { layCable } from './cable.ts';
import { makeFilm } from './film.ts';
import { SCENE_ENV, SCENES, type Scene } from './scenes.ts';
import { startFixture, type BrowserFixture } from './fixture.ts';

/**
 * `bun tests/browser/screenshots.ts` makes the pictures and the film of README.md and docs/ again. `bun
 * tests/browser/screenshots.ts FOLDER [scene...]` makes every scene in both themes and both widths, for review.
 */
const WIDE = { width: 1280, height: 820 };
const PHONE = { width: 390, height: 844 };
/** Time for animations and late colours to finish. */
const REST_MS = 600;

interface Shot {
  scene: Scene;
  theme: 'light' | 'dark';
  phone: boolean;
  file: string;
}

function docsShots(): Shot[] {
  return SCENES.flatMap((scene) => {
    if (!scene.inDocs) return [];
    const { theme, phone = false } = scene.inDocs;
    return [{ scene, theme, phone, file: `${scene.name}.png` }];
  });
}

function galleryShots(names: readonly string[]): Shot[] {
  const scenes = SCENES.filter(({ name }) => names.length === 0 || names.includes(name));
  return scenes.flatMap((scene) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      [false, true].map((phone) => ({
        scene,
        theme,
        phone,
        file: `${scene.name}-${theme}-${phone ? 'phone' : 'wide'}.png`,
      })),
    ),
  );
}

async function take(
  fixture: BrowserFixture,
  { scene, theme, phone, file }: Shot,
  folder: string,
): Promise<void> {
  const cable = layCable(fixture.service.url);
  const chat = await fixture.openPage({ url: cable.url, theme, ...(phone ? PHONE : WIDE) });
  try {
    await scene.reach(chat, cable);
    await Bun.sleep(REST_MS);
    await chat.page.screenshot({ path: join(folder, file) });
  } finally {
    await chat.close();
    cable.stop();
  }
}

const [folderArgument, ...names] = process.argv.slice(2);
const folder = resolve(folderArgument ?? join(import.meta.dir, '../../docs/screenshots'));
const shots = folderArgument ? galleryShots(names) : docsShots();
await mkdir(folder, { recursive: true });
const fixture = await startFixture({ env: SCENE_ENV });
let failed = 0;
try {
  // First, while the list of conversations is empty.
  if (!folderArgument || names.includes('film')) {
    await Bun.write(join(folder, 'page.webp'), await makeFilm(fixture));
    console.log('page.webp');
  }
  for (const shot of shots) {
    try {
      await take(fixture, shot, folder);
      console.log(shot.file);
    } catch (error) {
      failed += 1;
      console.error(
        `${shot.file} could not be made: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
} finally {
  await fixture.stop();
}
console.log(`${shots.length - failed} of ${shots.length} pictures are in ${folder}.`);
process.exit(failed > 0 ? 1 : 0);
