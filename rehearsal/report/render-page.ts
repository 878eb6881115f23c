import { summarisePermissions } from '../iam/least-privilege.ts';
import { formatElapsed } from '@lornu/ops/steps/step-events.ts';
import { summarise } from '@lornu/ops/verify/render-verification.ts';
import type { Outcome } from '@lornu/ops/verify/check.ts';
import { renderEnvironment } from '../picture/render-environment.ts';
import { escape } from '../picture/svg.ts';
import { renderTimeline } from './render-timeline.ts';
import type { Report } from './report.ts';
import { renderTrace } from './render-trace.ts';
import { toTimeline } from './timeline.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const STATE: Readonly<Record<Outcome, [word: string, tone: string]>> = {
  passed: ['holds', 'good'],
  failed: ['does not hold', 'bad'],
  absent: ['absent', 'wait'],
  'not offered': ['not offered', 'wait'],
};

/** The report as one HTML file that loads nothing and runs no script. Every external text is escaped. */
export function renderPage(report: Report): string {
  const sections = [
    pictures(report),
    checks(report),
    deploys(report),
    trace(report),
    reachability(report),
    added(report),
    permissions(report),
    steps(report),
    logs(report),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Rehearsal of ${new Date(report.beganMs).toISOString().slice(0, 16).replace('T', ' ')}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${head(report)}
${sections.filter(Boolean).join('\n')}
</body>
</html>
`;
}

function head({
  beganMs,
  elapsedMs,
  holds,
  failure,
  phases,
  served,
  verification,
  scenarios,
  applied,
}: Report): string {
  const results = [...(verification?.checks ?? []), ...scenarios];
  const total = Math.max(elapsedMs, 1);
  const model = verification?.served?.modelIsStandIn
    ? `A stand-in for ${verification.served.model ?? 'Gemini'} answered, not Gemini itself.`
    : '';
  return `<h1>Rehearsal of the AWS environment</h1>
<p class="quiet">${new Date(beganMs).toUTCString()}, ${formatElapsed(elapsedMs)}. ${escape(served?.url ?? '')} on one machine, without a cloud account. ${escape(model)}</p>
<p class="verdict ${holds ? 'good' : 'bad'}">${holds ? 'Everything that was looked at holds.' : 'Not everything holds.'} <span class="quiet">${escape(results.length > 0 ? summarise(results) : '')}</span></p>
${failure ? `<p class="failure">It broke off: ${escape(failure)}</p>` : ''}
<div class="phases">${phases
    .map(
      (phase) =>
        `<div class="${phase.outcome}" style="flex-grow:${Math.max(phase.elapsedMs / total, 0.01).toFixed(3)}"><b>${phase.name}</b><br>${formatElapsed(phase.elapsedMs)}</div>`,
    )
    .join('')}</div>
${applied ? `<p class="quiet">${escape(applied.provider)}; ${escape(applied.stacks.map(({ name, summary }) => `${name}: ${summary}`).join('; '))}; the second plan is empty.</p>` : ''}`;
}

function pictures({ applied, environment }: Report): string {
  const figure = (svg: string, words: string): string =>
    `<figure><img alt="${escape(words)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></figure>`;
  const drawn = [
    ...(environment ? [figure(renderEnvironment(environment), 'Services and identities as applied')] : []),
    ...(applied?.networkPicture ? [figure(applied.networkPicture, 'The network as applied')] : []),
  ];
  return drawn.length > 0 ? `<h2>The environment as applied</h2>\n${drawn.join('\n')}` : '';
}

function checks({ verification }: Report): string {
  if (!verification) return '';
  const rows = verification.checks.map(
    ({ id, title, outcome, expected, seen, elapsedMs }) =>
      `<tr>${state(outcome)}<td><b>${escape(id)}</b><br>${escape(title)}</td><td>${escape(expected)}</td><td>${escape(seen)}</td><td class="time">${formatElapsed(elapsedMs)}</td></tr>`,
  );
  return `<h2>What was verified</h2>
<table><thead><tr><th></th><th>check</th><th>expected</th><th>seen</th><th></th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function deploys({ scenarios, events, phases }: Report): string {
  if (events.length === 0) return '';
  const first = events[0]?.atMs ?? 0;
  const last = Math.max(
    events.at(-1)?.atMs ?? first,
    ...phases.map((phase) => phase.beganMs + phase.elapsedMs),
  );
  const whole = toTimeline(events, first, Math.min(last, (events.at(-1)?.atMs ?? last) + 1000));
  return `<h2>What happened to it</h2>
<p class="legend">${['starting', 'healthy', 'unhealthy', 'draining', 'stopping'].map((phase) => `<span><i style="background:var(--${phase})"></i>${phase}</span>`).join('')}<span>▾ the service says something</span></p>
${scenarios.map((scenario) => scenarioPart(scenario, events)).join('\n')}
<h3>All of it</h3>
${renderTimeline(whole)}
<details><summary>What the service said</summary><pre>${whole.messages.map(({ atMs, text }) => `${time(atMs)}  ${escape(text)}`).join('\n')}</pre></details>`;
}

function scenarioPart(scenario: Report['scenarios'][number], events: Report['events']): string {
  const { title, outcome, expected, seen, beganMs, elapsedMs } = scenario;
  const [word, tone] = STATE[outcome];
  const fault =
    'does' in scenario
      ? `<p>Fault: ${escape(scenario.does)}. People see: ${escape(scenario.people)}.</p>\n`
      : '';
  return `<h3><span class="${tone}">${word}</span>: ${escape(title)} <span class="quiet">(${formatElapsed(elapsedMs)})</span></h3>
${fault}<p>${escape(seen)} <span class="quiet">Expected: ${escape(expected)}.</span></p>
${outcome === 'passed' || outcome === 'failed' ? renderTimeline(toTimeline(events, beganMs, beganMs + elapsedMs)) : ''}`;
}

function reachability({ applied }: Report): string {
  if (!applied) return '';
  const rows = applied.statements.map(
    ({ holds, sentence, seen, through }) =>
      `<tr>${state(holds ? 'passed' : 'failed')}<td>${escape(sentence)}</td><td>${escape(seen)}${through.length > 0 ? `<br><span class="quiet">${escape(through.join(' › '))}</span>` : ''}</td></tr>`,
  );
  return `<h2>Who reaches whom</h2>
<table><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function trace({ trace: spans = [] }: Report): string {
  if (spans.length === 0) return '';
  return `<h2>A turn as a trace</h2>
<p class="quiet">As Cloud Trace received it, without what was said. The bars have what a span says as their title.</p>
${renderTrace(spans)}`;
}

function added({ served }: Report): string {
  if (!served) return '';
  const rows = Object.entries(served.addedVariables).map(
    ([name, why]) => `<tr><td><code>${escape(name)}</code></td><td>${escape(why)}</td></tr>`,
  );
  return `<h2>What a rehearsal adds</h2>
<p>The container runs as applied: ${escape(served.runs)}. These variables are added to its environment, and nothing else.</p>
<table><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function permissions({ destroyed }: Report): string {
  if (!destroyed?.permissions.length) return '';
  const rows = destroyed.permissions.map(
    ({ role, sid, used, unused, isNeeded }) =>
      `<tr><td><b>${escape(role)}</b><br>${escape(sid)}</td><td>${escape(used.join(', '))}</td><td>${unused.map(({ action, reason }) => `${escape(action)}: ${escape(reason || 'no reason')}`).join('<br>')}</td><td>${isNeeded ? 'yes' : ''}</td></tr>`,
  );
  return `<h2>What the roles may do</h2>
<p class="quiet">${escape(summarisePermissions(destroyed.permissions))}</p>
<details><summary>${rows.length} statements</summary><table><thead><tr><th>statement</th><th>needed here</th><th>granted for</th><th>a call is denied without it</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></details>`;
}

function steps({ phases }: Report): string {
  const parts = phases.map(
    ({ name, steps: done, elapsedMs }) =>
      `<details><summary><b>${name}</b> <span class="quiet">${done.length} steps, ${formatElapsed(elapsedMs)}</span></summary><table><tbody>
${done.map(({ title, outcome, detail = '', elapsedMs: took }) => `<tr>${state(outcome === 'failed' ? 'failed' : 'passed')}<td>${escape(title)}</td><td class="quiet">${escape(detail)}</td><td class="time">${formatElapsed(took)}</td></tr>`).join('\n')}
</tbody></table></details>`,
  );
  return `<h2>Step by step</h2>\n${parts.join('\n')}`;
}

function logs({ logs: tails }: Report): string {
  const parts = Object.entries(tails).map(
    ([task, lines]) =>
      `<details><summary>task ${escape(task.slice(0, 8))} <span class="quiet">last ${lines.length} lines</span></summary><pre>${escape(lines.join('\n'))}</pre></details>`,
  );
  return parts.length > 0
    ? `<h2>Logs</h2>\n<p class="quiet">Secrets are masked.</p>\n${parts.join('\n')}`
    : '';
}

function state(outcome: Outcome): string {
  const [word, tone] = STATE[outcome];
  return `<td class="state ${tone}">${word}</td>`;
}

function time(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}

/** The page contains its style and loads nothing. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1d2733; --quiet: #5d6b7a; --line: #d7dee6; --ground: #ffffff; --card: #f6f8fa;
  --good: #1f7a4d; --bad: #b3261e; --wait: #8a6d1a; --starting: #9fb3c8; --healthy: #2f9e68; --unhealthy: #c94b42; --draining: #d89a2b; --stopping: #8d6fb8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --quiet: #9aa8b6; --line: #34404c; --ground: #12171d; --card: #1a2129;
  --good: #5cc68f; --bad: #f08a82; --wait: #d9b95c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 32px 28px 80px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 44px 0 12px; } h3 { font-size: 15px; margin: 22px 0 6px; }
.quiet { color: var(--quiet); } .good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.verdict { font-weight: 650; }
.failure { border-left: 4px solid var(--bad); padding: 8px 14px; background: var(--card); }
nav a { color: inherit; margin-right: 16px; }
table { width: 100%; border-collapse: collapse; } th { text-align: left; color: var(--quiet); font-weight: 500; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td.state { white-space: nowrap; font-weight: 650; } td.time { text-align: right; white-space: nowrap; color: var(--quiet); padding-right: 0; }
figure { margin: 0 0 20px; } figure img { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 10px; background: #fff; }
.phases { display: flex; gap: 3px; margin: 10px 0 4px; } .phases div { min-width: 74px; padding: 8px 10px; background: var(--card); border-radius: 6px; font-size: 13px; overflow: hidden; }
.phases .failed { outline: 2px solid var(--bad); }
svg.timeline { width: 100%; height: auto; margin: 4px 0 8px; } svg.timeline text { font-size: 12px; fill: var(--ink); } svg .axis { fill: var(--quiet) !important; }
svg .grid { stroke: var(--line); } svg .mark { fill: var(--quiet); } svg .end { fill: var(--ground); stroke: var(--ink); stroke-width: 1.5; }
.bar.starting { fill: var(--starting); } .bar.healthy { fill: var(--healthy); } .bar.unhealthy { fill: var(--unhealthy); } .bar.draining { fill: var(--draining); } .bar.stopping { fill: var(--stopping); }
.legend span { display: inline-flex; align-items: center; gap: 6px; margin-right: 16px; font-size: 13px; color: var(--quiet); }
.legend i { width: 14px; height: 10px; border-radius: 2px; }
details { margin: 6px 0; } summary { cursor: pointer; } pre { overflow-x: auto; background: var(--card); padding: 12px; border-radius: 8px; font-size: 12px; line-height: 1.45; }
ul { margin: 4px 0; padding-left: 20px; } code { font-size: 0.92em; }
`;

/** Writes report.html, report.json and the pictures, replacing an earlier report; returns the page's path. */
export async function writeReport(report: Report, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'report.html');
  await Promise.all([
    writeFile(path, renderPage(report)),
    writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`),
    ...(report.applied ? [writeFile(join(folder, 'network.svg'), report.applied.networkPicture)] : []),
    ...(report.environment
      ? [writeFile(join(folder, 'environment.svg'), renderEnvironment(report.environment))]
      : []),
  ]);
  return path;
}
