import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { LOOKS, violations } from '../browser/axe.ts';
import { layCable } from '../browser/cable.ts';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from '../browser/fixture.ts';
import { SCENE_ENV, SCENES } from '../browser/scenes.ts';

setDefaultTimeout(LOOKS.length * TEST_WITHIN_MS);

let fixture: BrowserFixture;
beforeAll(async () => {
  fixture = await startFixture({ env: SCENE_ENV });
});
afterAll(() => fixture?.stop());

test.each(SCENES)(
  'axe finds nothing in the scene "$name", in both themes and both widths',
  async ({ reach }) => {
    for (const look of LOOKS) {
      const cable = layCable(fixture.service.url);
      const chat = await fixture.openPage({ ...look, url: cable.url });
      try {
        await reach(chat, cable);
        expect([look, await violations(chat)]).toEqual([look, []]);
      } finally {
        await chat.close();
        cable.stop();
      }
    }
  },
);
