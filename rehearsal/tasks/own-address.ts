/** Inside a task 127.0.0.1 is the task itself; here the task has another loopback address. */
export function toOwnAddress(text: string, { address, port }: { address: string; port: number }): string {
  return text.replaceAll(new RegExp(`\\b(127\\.0\\.0\\.1|localhost):${port}\\b`, 'g'), `${address}:${port}`);
}
