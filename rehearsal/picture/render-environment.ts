import type { Area, PicturedEnvironment, Role } from './environment.ts';
import { STYLE, WAY_COLORS } from './style.ts';
import { arrow, escape, rect, tag, text, type Box } from './svg.ts';

const MARGIN = 32;
const TOP = 84;
const CALLERS_WIDTH = 300;
const AREA_WIDTH = 268;
const GAP = 20;
const LINE = 17;
const HEAD = 26;
const FEW = 3;

interface Card {
  title: string;
  lines: string[];
}

/** The applied environment's services and identities as a self-contained SVG: callers, services, identities. */
export function renderEnvironment({ callers, areas, roles, google, resources }: PicturedEnvironment): string {
  const callersX = MARGIN;
  const accountX = callersX + CALLERS_WIDTH + 72;
  const accountWidth = areas.length * (AREA_WIDTH + GAP) + GAP;
  const columns = areas.map((area, index) =>
    column(area, { x: accountX + GAP + index * (AREA_WIDTH + GAP), y: TOP + 76 }),
  );
  const servicesBottom = Math.max(...columns.map(({ bottom }) => bottom), TOP + 200);
  const rolesY = servicesBottom + 46;
  const roleRows = placeRoles(roles, { x: accountX + GAP, y: rolesY + 16, width: accountWidth - 2 * GAP });
  const accountBottom = roleRows.bottom + GAP;
  const account = { x: accountX, y: TOP, width: accountWidth, height: accountBottom - TOP };
  const googleBox = {
    x: accountX,
    y: accountBottom + 64,
    width: accountWidth,
    height: 44 + Math.ceil(google.length / 2) * 24,
  };
  const width = accountX + accountWidth + MARGIN;
  const height = googleBox.y + googleBox.height + MARGIN;
  const callerCards = stack(
    callers.map(({ who, by, names }) => ({ title: who, lines: [by, ...few(names)] })),
    { x: callersX, y: TOP + 76 },
    CALLERS_WIDTH,
  );
  const title = `The environment as applied: ${resources} resources`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<defs>${heads()}</defs>
${[
  rect({ x: 0, y: 0, width, height }, 'page', 0),
  text({ x: MARGIN, y: 46 }, title, 'title'),
  text({ x: callersX, y: TOP + 56 }, 'Who calls, and how they show it', 'strong'),
  ...callerCards.parts,
  rect(account, 'vpc', 14),
  text({ x: account.x + GAP, y: TOP + 28 }, 'AWS account', 'strong'),
  ...columns.flatMap(({ parts }) => parts),
  text(
    { x: account.x + GAP, y: rolesY },
    'Roles: who may take them on, and which services they may use',
    'strong',
  ),
  ...roleRows.parts,
  ...callerWays(callerCards.boxes, columns[0]?.box),
  rect(googleBox, 'outside'),
  text({ x: googleBox.x + GAP, y: googleBox.y + 26 }, 'Google Cloud', 'strong'),
  ...google.flatMap(({ name, value }, index) => {
    const x = googleBox.x + GAP + (index % 2) * (googleBox.width / 2);
    const y = googleBox.y + 52 + Math.floor(index / 2) * 24;
    return [text({ x, y }, name, 'quiet'), text({ x: x + 118, y }, fit(value, googleBox.width / 2 - 150))];
  }),
  ...identityWay(roleRows.taskBox, googleBox),
].join('\n')}
</svg>
`;
}

function heads(): string {
  return Object.entries(WAY_COLORS)
    .map(
      ([name, color]) =>
        `<marker id="head-${name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${color}"/></marker>`,
    )
    .join('');
}

function column(area: Area, at: { x: number; y: number }) {
  const cards = stack(
    area.services.map(({ name, facts }) => ({ title: name, lines: facts })),
    { x: at.x, y: at.y },
    AREA_WIDTH,
  );
  const box = { x: at.x, y: at.y, width: AREA_WIDTH, height: cards.bottom - at.y };
  return {
    box,
    bottom: cards.bottom,
    parts: [text({ x: at.x, y: at.y - 20 }, area.title, 'strong'), ...cards.parts],
  };
}

/** Cards under each other. */
function stack(cards: readonly Card[], at: { x: number; y: number }, width: number) {
  const parts: string[] = [];
  const boxes: Box[] = [];
  let y = at.y;
  for (const { title, lines } of cards) {
    const box = { x: at.x, y, width, height: HEAD + lines.length * LINE + 10 };
    boxes.push(box);
    parts.push(rect(box, 'card', 8), ...cardText(box, title, lines));
    y += box.height + 12;
  }
  return { parts, boxes, bottom: y - 12 };
}

function cardText(box: Box, title: string, lines: readonly string[]): string[] {
  return [
    text({ x: box.x + 12, y: box.y + 20 }, fit(title, box.width - 24), 'strong'),
    ...lines.map((line, index) =>
      text({ x: box.x + 12, y: box.y + HEAD + 13 + index * LINE }, fit(line, box.width - 24), 'quiet'),
    ),
  ];
}

/** Three beside each other; the tasks' role is the one that Google Cloud trusts. */
function placeRoles(roles: readonly Role[], area: { x: number; y: number; width: number }) {
  const perRow = 3;
  const width = (area.width - (perRow - 1) * GAP) / perRow;
  const cards = roles.map(({ name, trusts, may, bounded }) => ({
    title: name,
    lines: [
      ...wrap(`for ${trusts}`, width - 24),
      ...wrap(may.join(', '), width - 24),
      ...(bounded ? ['within the permission boundary'] : []),
    ],
  }));
  const parts: string[] = [];
  let taskBox: Box | undefined;
  let y = area.y;
  for (let row = 0; row < cards.length; row += perRow) {
    const inRow = cards.slice(row, row + perRow);
    const height = HEAD + 10 + Math.max(...inRow.map(({ lines }) => lines.length)) * LINE;
    for (const [index, { title, lines }] of inRow.entries()) {
      const box = { x: area.x + index * (width + GAP), y, width, height };
      if (title.endsWith('TaskRole')) taskBox = box;
      parts.push(rect(box, 'private', 8), ...cardText(box, title, lines));
    }
    y += height + 12;
  }
  return { parts, taskBox, bottom: y - 12 };
}

function callerWays(boxes: readonly Box[], front: Box | undefined): string[] {
  if (!front) return [];
  const bus = front.x - 44;
  const entry = front.y + 30;
  return boxes.map(({ x, y, width, height }) => {
    const middle = y + height / 2;
    return arrow(
      [
        { x: x + width, y: middle },
        { x: bus, y: middle },
        { x: bus, y: entry },
        { x: front.x - 2, y: entry },
      ],
      'in',
    );
  });
}

function identityWay(taskBox: Box | undefined, google: Box): string[] {
  if (!taskBox) return [];
  const x = taskBox.x + taskBox.width / 2;
  const bottom = google.y - 32;
  return [
    arrow(
      [
        { x, y: taskBox.y + taskBox.height },
        { x, y: google.y - 2 },
      ],
      'out',
    ),
    tag({ x, y: bottom }, 'federated: no key', 'out'),
  ];
}

/** The first ones by name, the others as a number. */
function few(names: readonly string[]): string[] {
  if (names.length <= FEW + 1) return [...names];
  return [...names.slice(0, FEW), `and ${names.length - FEW} more`];
}

/** Fills lines with as many words as fit. */
function wrap(content: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= width / 6.4)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function fit(content: string, width: number): string {
  const characters = Math.floor(width / 6.4);
  return content.length > characters ? `${content.slice(0, characters - 1)}…` : content;
}
