export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface FailedTest {
  /** File and line where the runner names them, then the names of its groups and its own. */
  test: string;
  /** What the runner said, as short as it fits a line. */
  message: string;
}

/** Counts a JUnit file's test cases, because runners fill in its totals differently. */
export function countJunit(xml: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of testCases(xml)) counts[outcome] += 1;
  return counts;
}

/** The failed tests of a JUnit file, in the order of the file. */
export function failedTests(xml: string): FailedTest[] {
  return [...testCases(xml)]
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ attributes, body }) => {
      const place = [attribute(attributes, 'file'), attribute(attributes, 'line')].filter(Boolean).join(':');
      const name = [attribute(attributes, 'classname'), attribute(attributes, 'name')]
        .filter(Boolean)
        .join(' > ');
      const said = /<(?:failure|error)\b([^>]*)/.exec(body)?.[1] ?? '';
      return {
        test: [place, name].filter(Boolean).join(' '),
        message: (attribute(said, 'message') || 'no message').replaceAll(/\s+/g, ' ').trim().slice(0, 300),
      };
    });
}

function* testCases(xml: string): Generator<{ attributes: string; body: string; outcome: keyof Counts }> {
  for (const [, attributes = '', body = ''] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const outcome = /<(failure|error)\b/.test(body)
      ? 'failed'
      : /<skipped\b/.test(body)
        ? 'skipped'
        : 'passed';
    yield { attributes, body, outcome };
  }
}

/** The value of an attribute; empty if it is absent. */
function attribute(attributes: string, name: string): string {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  return value.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, word?: string) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[word ?? ''] ?? whole),
  );
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
