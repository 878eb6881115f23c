import type { Page } from 'playwright-core';
import { animateWebp, type Frame } from './animated-webp.ts';
import type { ChatPage } from './chat-page.ts';
import type { BrowserFixture } from './fixture.ts';

const SIZE = { width: 1120, height: 700 };
/** Half of the window's size: small enough for a README. */
const FILM = { width: 840, height: 525 };
const EVERY_MS = 110;

/** Plays a person's first minute with the page, and returns it as an animated WebP. */
export async function makeFilm(fixture: BrowserFixture): Promise<Uint8Array> {
  const chat = await fixture.openPage({ ...SIZE });
  const shots: { png: Buffer; at: number }[] = [];
  const end = new AbortController();
  const camera = (async () => {
    while (!end.signal.aborted) {
      shots.push({ png: await chat.page.screenshot(), at: performance.now() });
      await Bun.sleep(EVERY_MS);
    }
  })();
  try {
    await act(chat);
  } finally {
    end.abort();
    await camera;
  }
  const studio = await chat.context.newPage();
  const frames: Frame[] = [];
  for (const [index, { png, at }] of shots.entries()) {
    // An identical picture only extends the previous one's time.
    const ms = Math.max(20, Math.round((shots[index + 1]?.at ?? at + 1_500) - at));
    const before = frames.at(-1);
    if (before && index > 0 && png.equals(shots[index - 1]?.png ?? Buffer.alloc(0))) before.ms += ms;
    else frames.push({ webp: await toWebp(studio, png), ms });
  }
  await chat.close();
  return animateWebp(frames, FILM.width, FILM.height);
}

async function act(chat: ChatPage): Promise<void> {
  const { page } = chat;
  const type = (text: string): Promise<void> => page.keyboard.type(text, { delay: 35 });
  await page.waitForTimeout(500);
  await type('Draw a chart of the status of the environment.');
  await page.keyboard.press('Enter');
  await chat.answered();
  await page.getByRole('img', { name: 'environment-status.svg' }).waitFor();
  await page.waitForTimeout(900);
  await type('Forget my notes.');
  await page.keyboard.press('Enter');
  await chat.button('Approve').waitFor();
  await chat.answered();
  await page.waitForTimeout(900);
  await chat.button('Approve').click();
  await chat.answered();
  await page.waitForTimeout(600);
  await page.keyboard.press('Control+k');
  await page.waitForTimeout(400);
  await type('chart');
  await page.waitForTimeout(1_300);
  await page.keyboard.press('Escape');
  await page.waitForTimeout(400);
  await page.getByRole('navigation').getByRole('link').hover();
  await chat.button(/^More: /u).click();
  await page.waitForTimeout(1_200);
  await page.getByRole('menuitem', { name: 'Pin' }).click();
  await page.getByRole('heading', { name: 'Pinned' }).waitFor();
  await page.mouse.move(SIZE.width / 2, SIZE.height / 2);
  await page.waitForTimeout(1_200);
}

/** Scaled and compressed by the browser itself. */
async function toWebp(studio: Page, png: Buffer): Promise<Uint8Array> {
  const base64 = await studio.evaluate<string>(`(async () => {
    const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (char) => char.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes]), {
      resizeWidth: ${FILM.width}, resizeHeight: ${FILM.height}, resizeQuality: 'high',
    });
    const canvas = document.createElement('canvas');
    canvas.width = ${FILM.width};
    canvas.height = ${FILM.height};
    canvas.getContext('2d', { alpha: false }).drawImage(picture, 0, 0);
    return canvas.toDataURL('image/webp', 0.72).split(',')[1];
  })()`);
  return Buffer.from(base64, 'base64');
}
