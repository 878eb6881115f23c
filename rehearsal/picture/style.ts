/** Colours of the paths; each has its own arrow head, because a marker can't take its line's colour everywhere. */
export const WAY_COLORS = { in: '#1f7a4d', task: '#2456b3', out: '#b3591a' } as const;

/** The picture contains its style and loads no font or file. */
export const STYLE = `
  text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; font-size: 13px; fill: #1d2733; }
  .title { font-size: 20px; font-weight: 600; }
  .quiet { fill: #5d6b7a; font-size: 12px; }
  .strong { font-weight: 600; }
  .page { fill: #ffffff; }
  .outside { fill: #f3f5f8; stroke: #c5ced8; }
  .vpc { fill: #fbfcfd; stroke: #8494a5; stroke-width: 1.5; stroke-dasharray: 6 4; }
  .zone { fill: #f1f4f7; stroke: none; }
  .public { fill: #e7f5ec; stroke: #9bd0b1; }
  .private { fill: #e8f0fc; stroke: #a3c0ec; }
  .halo-public, .halo-private { paint-order: stroke; stroke-width: 5; stroke-linejoin: round; }
  .halo-public { stroke: #e7f5ec; } .halo-private { stroke: #e8f0fc; }
  .card { fill: #ffffff; stroke: #b6c1cd; }
  .way { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .way.in { stroke: ${WAY_COLORS.in}; }
  .way.task { stroke: ${WAY_COLORS.task}; }
  .way.out { stroke: ${WAY_COLORS.out}; }
  .tag { fill: #ffffff; stroke-width: 1.2; }
  .tag.in { stroke: ${WAY_COLORS.in}; } .tag.task { stroke: ${WAY_COLORS.task}; } .tag.out { stroke: ${WAY_COLORS.out}; }
  .tag-text { font-size: 12px; font-weight: 600; }
  .tag-text.in { fill: ${WAY_COLORS.in}; } .tag-text.task { fill: ${WAY_COLORS.task}; } .tag-text.out { fill: ${WAY_COLORS.out}; }
  .holds { fill: #1f7a4d; font-weight: 700; } .broken { fill: #b3261e; font-weight: 700; }
  .wrong { fill: #b3261e; }
`;
