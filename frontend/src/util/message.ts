/** The text to send: without empty lines around it, but with the indentation of its first line. */
export function toMessage(draft: string): string {
  const lines = draft.trimEnd().split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  return first < 0 ? '' : lines.slice(first).join('\n');
}
