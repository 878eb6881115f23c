/**
 * Saves bytes as a file. The type is always that of unknown bytes: an HTML or SVG blob would be a document of this
 * page's origin if a browser opened it.
 */
export function download(filename: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = filename.split('/').at(-1) ?? 'file';
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
