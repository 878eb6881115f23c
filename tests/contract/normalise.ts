const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME_FIELDS = new Set(['timestamp', 'lastUpdateTime', 'createTime']);
/** They depend on the prompt's tool declarations, which each ADK writes differently. */
const PROMPT_FIELDS = new Set(['promptTokenCount', 'totalTokenCount']);

/**
 * Replaces values that can't be equal on two servers, and keeps all others. Ids become numbers in order of appearance,
 * so equal ids stay equal. Times must be float seconds near the current time; otherwise they are kept and differ.
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
    // Visit keys in sorted order, so that ids get the same numbers on both sides.
    const entries = Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key.replace(UUID, nameOf), visit(item, key)]));
  };
  return visit(value);
}
