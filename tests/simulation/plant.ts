import { plugin } from 'bun';
import { join } from 'node:path';
import { plant } from './planted-bug.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';

/** A preload script: puts the bug named in the environment into the service's code, only for this process. */
const name = process.env['LORNU_PLANTED_BUG'];
const bug = PLANTED_BUGS.find((one) => one.name === name);
if (!bug) throw new Error(`There is no planted bug named ${name}.`);
const path = join(import.meta.dir, '../../backend', bug.file);
const changed = plant(bug, await Bun.file(path).text());
plugin({
  name: 'planted bug',
  setup(build) {
    const filter = new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
    build.onLoad({ filter }, () => ({ contents: changed, loader: 'ts' }));
  },
});
