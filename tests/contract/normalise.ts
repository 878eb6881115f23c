const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME_FIELDS = new Set(['timestamp', 'lastUpdateTime', 'createTime']);
/** Counted over a prompt whose tool declarations each ADK spells in its own way. */
const PROMPT_FIELDS = new Set(['promptTokenCount', 'totalTokenCount']);

/**
 * Replaces what can't be equal on two servers, and keeps what must be: ids become numbers in order of appearance, so
 * the same id stays the same; times must be float seconds of about now, or they are left as they are and differ.
 */
export function normalise(value: unknown, nowSeconds: number): unknown {
  const names = new Map<string, string>();
  const nameOf = (id: string) => {
    const known = names.get(id) ?? `<id ${names.size + 1}>`;
    names.set(id, known);
    return known;
  };
  const visit = (node: unknown, field?: string): unknown => {
    if (typeof node === 'string') return node.replace(UUID, nameOf);
    if (typeof node === 'number') {
      if (field && TIME_FIELDS.has(field) && Math.abs(node - nowSeconds) < 300) return '<time>';
      return field && PROMPT_FIELDS.has(field) && node > 0 ? '<tokens>' : node;
    }
    if (Array.isArray(node)) {
      if (field === 'promptTokensDetails') return `<details of ${node.length}>`;
      return node.map((item) => visit(item));
    }
    if (typeof node !== 'object' || node === null) return node;
    // Keys are visited in their own order first, so that ids are numbered alike on both sides.
    const entries = Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key.replace(UUID, nameOf), visit(item, key)]));
  };
  return visit(value);
}
