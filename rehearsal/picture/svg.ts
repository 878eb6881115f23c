/** Small parts of an SVG document; every text is escaped here and nowhere else. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export function rect(box: Box, className: string, radius = 10): string {
  return `<rect class="${className}" x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="${radius}"/>`;
}

export function text(
  at: Point,
  content: string,
  className = '',
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return `<text class="${className}" x="${at.x}" y="${at.y}" text-anchor="${anchor}">${escape(content)}</text>`;
}

/** A line with right angles through the points, with an arrow at its end. */
export function arrow(points: readonly Point[], className: string): string {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
  return `<path class="way ${className}" d="${path}" marker-end="url(#head-${className})"/>`;
}

/** A label that stays readable where it lies on a line. */
export function tag(at: Point, content: string, className: string): string {
  const width = content.length * 6.6 + 14;
  return (
    rect({ x: at.x - width / 2, y: at.y - 10, width, height: 20 }, `tag ${className}`, 10) +
    text({ x: at.x, y: at.y + 4 }, content, `tag-text ${className}`, 'middle')
  );
}

export function centre(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

export function escape(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
