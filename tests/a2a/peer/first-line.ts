/** The first line that a program prints: its address. */
export async function readFirstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of output) {
    text += decoder.decode(piece, { stream: true });
    const end = text.indexOf('\n');
    if (end !== -1) return text.slice(0, end);
  }
  throw new Error(`The program ended before it said where it listens: ${text}`);
}
