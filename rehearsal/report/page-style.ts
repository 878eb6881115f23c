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
