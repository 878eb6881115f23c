import { MODEL } from '@lornu/agents/model.ts';
import { expect, test } from 'bun:test';
import { toEnvironment } from '../picture/environment.ts';
import { renderPage } from './render-page.ts';
import type { Report } from './report.ts';

const AT = Date.UTC(2026, 10, 25, 9);
const report = (changes: Partial<Report> = {}): Report => ({
  beganMs: AT,
  elapsedMs: 160_000,
  holds: true,
  phases: [
    {
      name: 'apply',
      beganMs: AT,
      elapsedMs: 40_000,
      outcome: 'done',
      steps: [
        { id: 'x', title: 'Apply it', outcome: 'done', detail: '110 resources', beganMs: AT, elapsedMs: 1 },
      ],
    },
  ],
  applied: {
    provider: '6.47.1',
    stacks: [{ name: 'staging', summary: '110 resources' }],
    statements: [],
    networkPicture: '<svg xmlns="http://www.w3.org/2000/svg"/>',
  },
  environment: toEnvironment([{ resources: [] }]),
  served: { url: 'https://aws-staging.lornu.example', runs: 'as a process', addedVariables: { HOST: 'why' } },
  verification: {
    url: 'https://aws-staging.lornu.example',
    served: { modelIsStandIn: true, model: MODEL, isPython: false },
    deployed: undefined,
    checks: [
      { id: 'health', title: 'it answers', outcome: 'passed', expected: '200', seen: '200', elapsedMs: 3 },
      {
        id: 'inside',
        title: 'from inside',
        outcome: 'absent',
        expected: 'text',
        seen: 'no account',
        elapsedMs: 0,
      },
    ],
    holds: true,
  },
  scenarios: [
    {
      id: 'bad-image',
      title: 'a bad image is rolled back',
      outcome: 'passed',
      expected: 'rolled back',
      seen: 'rolled back after 9 s',
      beganMs: AT + 50_000,
      elapsedMs: 9_000,
    },
  ],
  events: [
    {
      atMs: AT + 51_000,
      what: 'provisioning',
      taskId: 'abcdef0123',
      deploymentId: 'd',
      taskDefinition: 'agent:2',
      address: 'x',
    },
    { atMs: AT + 52_000, what: 'service', message: '(deployment d) deployment failed' },
  ],
  logs: { abcdef0123: ['{"level":"info"}'] },
  ...changes,
});

test('the page loads nothing and runs no script', () => {
  const page = renderPage(report());
  expect(page).not.toMatch(
    /<script|<link|src="(?!data:)|url\(|@import|https?:\/\/(?!aws-staging|www\.w3\.org)/,
  );
  expect(page).toContain("default-src 'none'");
});

test('passed, failed and unchecked items are distinguished, and a stand-in is named', () => {
  const page = renderPage(report());
  expect(page).toContain(`A stand-in for ${MODEL} answered, not Gemini itself.`);
  expect(page).toContain('class="state good">holds');
  expect(page).toContain('class="state wait">absent');
  expect(page).toContain('2 of 3 checks hold; 1 is absent: nothing is known of it.');
  const failed = renderPage(report({ holds: false, failure: 'HAProxy is gone' }));
  expect(failed).toContain('Not everything holds.');
  expect(failed).toContain('It broke off: HAProxy is gone');
});

test('tasks are drawn for each scenario and for the whole rehearsal', () => {
  const page = renderPage(report());
  expect(page.match(/<svg class="timeline"/g)).toHaveLength(2);
  expect(page).toContain('agent:2  abcdef01');
});

test('a break has its fault and what people see, and its verdict and timeline', () => {
  const [scenario] = report().scenarios;
  const played = { ...scenario!, does: 'DNS is stopped', people: 'nothing <b>', busyMs: 8_000 };
  const page = renderPage(report({ scenarios: [played] }));
  expect(page).toContain('<p>Fault: DNS is stopped. People see: nothing &lt;b&gt;.</p>');
  expect(page).toContain('rolled back after 9 s');
  expect(page.match(/<svg class="timeline"/g)).toHaveLength(2);
});

test('a rehearsal that broke off early is reported as far as it got', () => {
  const {
    applied: _applied,
    environment: _environment,
    served: _served,
    verification: _checks,
    ...rest
  } = report();
  const page = renderPage({
    ...rest,
    holds: false,
    failure: 'no HAProxy',
    scenarios: [],
    events: [],
    logs: {},
  });
  expect(page).toContain('no HAProxy');
  expect(page).not.toContain('What was verified');
});

test('external text is never markup', () => {
  const page = renderPage(
    report({ logs: { '<b>': ['<img src=x onerror=alert(1)>'] }, failure: '<i>', holds: false }),
  );
  expect(page).not.toMatch(/<img src=x|<i>|<b>"/);
  expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
});
