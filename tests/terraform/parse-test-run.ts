/** The result of `terraform test -json`: the number of passed runs, and the others with their messages. */
export interface TestRun {
  passed: number;
  notPassed: string[];
}

interface Line {
  type?: string;
  test_run?: { run: string; progress?: string; status?: string };
  diagnostic?: { summary: string; detail?: string };
  '@message'?: string;
}

/** Parses Terraform's lines; a run with an error or a skip did not pass, nor did a file that could not be read. */
export function parseTestRun(text: string): TestRun {
  const result: TestRun = { passed: 0, notPassed: [] };
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { type, test_run: run, diagnostic } = JSON.parse(line) as Line;
    if (type === 'diagnostic' && diagnostic) {
      result.notPassed.push([diagnostic.summary, diagnostic.detail].filter(Boolean).join(': '));
    }
    if (type !== 'test_run' || run?.progress !== 'complete') continue;
    if (run.status === 'pass') result.passed += 1;
    else result.notPassed.push(`${run.run}: ${run.status}`);
  }
  return result;
}
