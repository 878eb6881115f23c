import { plugin } from 'bun';

/** Replaces the source of one file, for the tests of this process only. */
const path = process.env['MUTANT_PATH'];
const source = process.env['MUTANT_SOURCE'];
if (path && source) {
  plugin({
    name: 'mutant',
    setup(build) {
      const filter = new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
      build.onLoad({ filter }, () => ({ contents: source, loader: 'ts' }));
    },
  });
}
