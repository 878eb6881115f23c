/** Copies text to the clipboard; false if the browser refuses (plain HTTP on another host than localhost). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Copies a table: as a table for programs that know tables, and as text whose columns are separated by tabs. False if
 * the browser refuses.
 */
export async function copyTable(table: HTMLTableElement | null | undefined): Promise<boolean> {
  if (!table) return false;
  const text = toTabbed(table);
  try {
    const item = { 'text/plain': text, 'text/html': table.outerHTML };
    await navigator.clipboard.write([new ClipboardItem(item)]);
    return true;
  } catch {
    return copyText(text);
  }
}

/** A tab or a line break inside a cell would begin another cell. */
function toTabbed({ rows }: HTMLTableElement): string {
  return Array.from(rows, ({ cells }) =>
    Array.from(cells, ({ innerText }) => innerText.trim().replaceAll(/\s+/gu, ' ')).join('\t'),
  ).join('\n');
}
