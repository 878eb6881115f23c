import type { FailedTest } from './junit.ts';

const FILE = /^(?:::group::)?(\S+\.test\.tsx?):$/;
const BEGIN = '# Unhandled error between tests';
const BORDER = /^-{5,}$/;
/** A line of the source that bun shows above an error, or the mark below it. */
const SOURCE = /^\s*(?:\d+ \| |\^)/;

/**
 * The errors in the output of `bun test` that belong to no test, each with its file: mostly of files that failed as they
 * were loaded, so that none of their tests ran. The JUnit file leaves them out.
 */
export function errorsOutsideTests(output: string): FailedTest[] {
  const found: FailedTest[] = [];
  const lines = output.split('\n');
  let file = 'a test file';
  for (const [at, line] of lines.entries()) {
    file = FILE.exec(line)?.[1] ?? file;
    if (line !== BEGIN) continue;
    const message = lines
      .slice(at + 1)
      .find((next) => next.trim() !== '' && !BORDER.test(next) && !SOURCE.test(next));
    found.push({ test: `${file} (outside of its tests)`, message: message ?? 'no message' });
  }
  return found;
}
