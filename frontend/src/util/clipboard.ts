/** Copies text to the clipboard; false if the browser refuses (plain HTTP on another host than localhost). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
